import { beforeEach, describe, expect, it } from 'vitest';
import { createScriptedTarget, type ScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { present, them, us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId } from '../../api/index.ts';
import { type KubernetesObject, refOf, SealiftError } from '../../core/index.ts';
import { applyPlan, type DeliveryQuestion, type Plan, planAgainst } from '../index.ts';

const idle = new AbortController().signal;
const issuerIn = (namespace?: string): KubernetesObject => ({
  apiVersion: 'e.com/v1',
  kind: 'ClusterIssuer',
  metadata: { name: 'main', ...(namespace === undefined ? {} : { namespace }) },
});
const definition: KubernetesObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'clusterissuers.e.com' },
  spec: { group: 'e.com', scope: 'Cluster', names: { kind: 'ClusterIssuer' } },
};
const placedId = '_main_e.com_ClusterIssuer';
const idOf = (namespace: string): string => `${namespace}_main_e.com_ClusterIssuer`;
const entry = (id: string): InventoryEntry => ({ id, v: 'v1' });
const none = async () => ({ neighbours: [], elsewhere: new Set<string>() });

describe('an object of a kind without namespaces that a build gives one', () => {
  let target: ScriptedTarget;
  let isServed: boolean;

  beforeEach(() => {
    target = createScriptedTarget();
    isServed = true;
    target.place = async (ref) => {
      if (ref.kind !== 'ClusterIssuer') return ref;
      return isServed ? { ...ref, namespace: '' } : undefined;
    };
  });

  const planned = (
    objects: readonly KubernetesObject[],
    inventory: readonly InventoryEntry[],
    neighbours: DeliveryQuestion['neighbours'] = none,
  ): Promise<Plan> =>
    planAgainst(
      target,
      { scope: { owner: us, prune: true, force: false, mayShrink: true }, objects, inventory, neighbours },
      idle,
    );
  const deliver = async (
    objects: readonly KubernetesObject[],
    before: readonly InventoryEntry[],
  ): Promise<readonly string[]> => {
    const hooks = { recordInventory: async () => undefined, changed: () => undefined };
    const { inventory } = await applyPlan(target, await planned(objects, before), hooks, idle);
    return inventory.map(({ id }) => id);
  };
  const stands = (): void => {
    target.observations.set(placedId, present(issuerIn(), us, true));
  };

  it('has the name that it has in the target', async () => {
    expect(await deliver([issuerIn('shop')], [])).toEqual([placedId]);
    expect(target.calls).toEqual([`observe ${placedId}`, `write ${placedId}`]);
  });

  it('is the same object when the build gives it another one', async () => {
    stands();
    const plan = await planned([issuerIn('store')], [entry(placedId)]);
    expect([plan.applies.map(({ kind }) => kind), plan.prunes]).toEqual([['unchanged'], []]);
  });

  it('is not taken away under a name that was kept before', async () => {
    stands();
    expect(await deliver([issuerIn('store')], [entry(idOf('shop'))])).toEqual([placedId]);
    expect(target.calls.filter((call) => call.startsWith('remove'))).toEqual([]);
  });

  it('goes once when it leaves the build, whatever names it had', async () => {
    stands();
    expect(await deliver([], [entry(idOf('shop')), entry(idOf('store'))])).toEqual([]);
    expect(target.calls.filter((call) => call.startsWith('remove'))).toEqual([`remove ${placedId}`]);
  });

  it('is proven to be ours by one name that is confirmed', async () => {
    target.observations.set(placedId, present(issuerIn(), undefined));
    const attempted = { ...entry(idOf('store')), attempted: true as const };
    const plan = await planned([issuerIn('shop')], [attempted, entry(idOf('shop'))]);
    expect(plan.applies).toMatchObject([{ kind: 'change' }]);
  });

  it('has that name also where its definition comes with it', async () => {
    isServed = false;
    expect(await deliver([definition, issuerIn('shop')], [])).toContain(placedId);
  });

  it('keeps the name that it has where nobody knows its kind', async () => {
    isServed = false;
    expect(await deliver([issuerIn('shop')], [])).toEqual([idOf('shop')]);
  });

  it('is handed over to a neighbour that asks for it under another name', async () => {
    stands();
    const neighbours = [{ owner: them, asks: new Set([idOf('store')]) }];
    const plan = await planned([], [entry(placedId)], async () => ({ neighbours, elsewhere: new Set() }));
    expect(plan.prunes).toMatchObject([{ kind: 'keep', reason: 'moves-to-other' }]);
  });

  it('is refused, and all others are not, where its kind cannot be looked up', async () => {
    const fault = new SealiftError('TARGET_BUSY', 'e.com/v1', 'no answer');
    target.place = async (ref) => {
      if (ref.kind === 'ClusterIssuer') throw fault;
      return ref;
    };
    const { observe } = target;
    target.observe = async (ref, ...rest) => {
      if (ref.kind === 'ClusterIssuer') throw fault;
      return observe(ref, ...rest);
    };
    const plan = await planned([issuerIn('shop'), configMap('one')], []);
    expect(plan.applies.map(({ kind }) => kind)).toEqual(['refuse', 'create']);
  });
});

describe('one object under two kinds', () => {
  const ingress = (group: string): KubernetesObject => ({
    apiVersion: `${group}/v1`,
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'shop' },
  });
  const [old, now] = [ingress('extensions'), ingress('networking.k8s.io')];
  const scope = { owner: us, prune: true, force: false, mayShrink: true };
  const planOf = async (owner: typeof us | undefined, uids: readonly [string, string]): Promise<Plan> => {
    const target = createScriptedTarget();
    for (const [at, one] of [old, now].entries()) {
      const seen = { ...present(one, owner), uid: uids[at] ?? '' };
      target.observations.set(inventoryId(refOf(one)), seen as typeof seen & { kind: 'present' });
    }
    const inventory = [{ id: inventoryId(refOf(old)), v: 'v1' }];
    return planAgainst(target, { scope, objects: [now], inventory, neighbours: none }, idle);
  };

  it('is not deleted under the one while it is applied under the other', async () => {
    expect((await planOf(us, ['u1', 'u1'])).prunes).toEqual([]);
  });

  it('is ours under the other, too, when its labels are gone', async () => {
    expect((await planOf(undefined, ['u1', 'u1'])).applies).toMatchObject([{ kind: 'change' }]);
  });

  it('is not one where the objects differ', async () => {
    expect((await planOf(us, ['u1', 'u2'])).prunes).toMatchObject([{ kind: 'delete' }]);
  });
});
