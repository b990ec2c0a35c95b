import { beforeEach, describe, expect, it } from 'vitest';
import { createScriptedTarget, type ScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { present, us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import { type KubernetesObject, refOf, SealiftError } from '../../core/index.ts';
import { applyPlan, markOwned, observeDelivery, planDelivery, shownPlan } from '../index.ts';

const idle = new AbortController().signal;
const [good, bad, gone, other] = ['good', 'bad', 'gone', 'other'].map((name) => configMap(name)) as [
  KubernetesObject,
  KubernetesObject,
  KubernetesObject,
  KubernetesObject,
];
const entryOf = (object: KubernetesObject): InventoryEntry => toInventoryEntry(refOf(object));

describe('an object that cannot be read', () => {
  let target: ScriptedTarget;
  beforeEach(() => {
    target = createScriptedTarget();
    const { observe } = target;
    target.observe = async (ref, desired, signal) => {
      if (ref.name !== 'bad') return observe(ref, desired, signal);
      throw new SealiftError('TARGET_FORBIDDEN', 'ConfigMap/shop/bad', 'may not be read');
    };
    for (const one of [good, gone, other])
      target.observations.set(inventoryId(refOf(one)), present(one, us, false));
  });

  const planned = async (build: readonly KubernetesObject[], inventory: readonly InventoryEntry[]) => {
    const objects = markOwned(build, us);
    const observations = await observeDelivery(target, objects, inventory, idle);
    const delivery = { owner: us, prune: true, force: false, mayShrink: true };
    return planDelivery({ objects, inventory, observations, delivery });
  };
  const deliver = async (build: readonly KubernetesObject[], before: readonly KubernetesObject[]) => {
    let inventory = before.map(entryOf);
    const hooks = {
      recordInventory: async (entries: readonly InventoryEntry[]) => {
        inventory = [...entries];
      },
      changed: () => undefined,
    };
    const plan = await planned(build, inventory);
    const error = await applyPlan(target, plan, hooks, idle).then(
      () => undefined,
      (thrown) => thrown as SealiftError,
    );
    const acts = target.calls.filter((call) => !call.startsWith('observe'));
    return { error, inventory, acts };
  };

  it('is left alone and told, and the others are delivered', async () => {
    const { error, inventory, acts } = await deliver([bad, good], [bad, good]);
    expect(acts).toEqual(['write shop_good__ConfigMap']);
    expect(error).toMatchObject({ code: 'TARGET_FORBIDDEN' });
    expect(error?.message).toContain('ConfigMap/shop/bad may not be read');
    expect(inventory).toEqual([bad, good].map(entryOf));
  });

  it('is in no inventory that it was not in before', async () => {
    const { inventory } = await deliver([bad, good], [good]);
    expect(inventory).toEqual([entryOf(good)]);
  });

  it('holds deletions: nobody knows whether it is there', async () => {
    const { acts, inventory } = await deliver([bad], [bad, gone]);
    expect(acts).toEqual([]);
    expect(inventory).toEqual([bad, gone].map(entryOf));
  });

  it('stays in the inventory, too, when it left the build, and the others go', async () => {
    const { error, inventory, acts } = await deliver([good], [good, bad, gone]);
    expect(acts).toEqual(['write shop_good__ConfigMap', 'remove shop_gone__ConfigMap']);
    expect(error).toMatchObject({ code: 'TARGET_FORBIDDEN' });
    expect(inventory).toEqual([good, bad].map(entryOf));
  });

  it('is in a plan with what is wrong', async () => {
    const refused = { reason: 'not-read', detail: 'may not be read' };
    expect(shownPlan(await planned([bad, good], [])).refuse).toMatchObject([refused]);
    expect(shownPlan(await planned([good], [entryOf(bad)])).refuse).toMatchObject([refused]);
  });

  it('stays with its Namespace', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    target.observations.set(inventoryId(refOf(namespace)), present(namespace, us));
    const { acts } = await deliver([], [namespace, bad]);
    expect(acts).toEqual([]);
  });
});
