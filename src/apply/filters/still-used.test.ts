import { describe, expect, it } from 'vitest';
import { present, them, us } from '../../../test/fixtures/plan-one.ts';
import { inventoryId, toInventoryEntry } from '../../api/index.ts';
import { type KubernetesObject, type Observation, refOf } from '../../core/index.ts';
import { concernsNeighbours, markOwned, type Plan, planDelivery } from '../index.ts';

const object = (apiVersion: string, kind: string, name: string, namespace?: string): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});

const namespace = object('v1', 'Namespace', 'shop');
const web = object('v1', 'ConfigMap', 'web', 'shop');
const elsewhere = object('v1', 'ConfigMap', 'web', 'store');
const database = object('e.com/v1', 'Db', 'main', 'store');
const backup = object('e.com/v1', 'Backup', 'daily', 'store');
const definition: KubernetesObject = {
  ...object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'dbs.e.com'),
  spec: { group: 'e.com', names: { kind: 'Db' } },
};
const { spec: _, ...unread } = definition;

interface World {
  readonly build?: readonly KubernetesObject[];
  /** What left the build. */
  readonly left: readonly KubernetesObject[];
  /** What is there; default everything. */
  readonly observed?: ReadonlyMap<string, Observation>;
  readonly neighbours?: Parameters<typeof planDelivery>[0]['neighbours'];
  readonly elsewhere?: readonly string[];
}

const idOf = (one: KubernetesObject): string => inventoryId(refOf(one));

function planIn({ build = [], left, observed, neighbours = [], elsewhere: others = [] }: World): Plan {
  const all = [...build, ...left];
  const there = all.map((one): [string, Observation] => [idOf(one), present(one, us, true)]);
  return planDelivery({
    objects: markOwned(build, us),
    inventory: all.map((one) => toInventoryEntry(refOf(one))),
    observations: new Map([...there, ...(observed ?? [])]),
    delivery: { owner: us, prune: true, force: false, mayShrink: true },
    neighbours,
    elsewhere: others,
  });
}

const without = (one: KubernetesObject): Observation => {
  const seen = present(one, us);
  if (seen.kind !== 'present') return seen;
  const { live: _live, ...rest } = seen;
  return rest;
};

const disabled = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
const leaving = (one: KubernetesObject): Observation => ({
  ...(present(one, us) as Observation & { kind: 'present' }),
  departure: { finalizers: [] },
});

describe('a Namespace or a definition that left the build', () => {
  it.each<[string, World]>([
    ['the build asks for an object in the Namespace', { build: [web], left: [namespace] }],
    [
      'another delivery has an object in the Namespace',
      { left: [namespace], elsewhere: ['shop_web__ConfigMap'] },
    ],
    [
      'a neighbour asks for an object in the Namespace',
      { left: [namespace], neighbours: [{ owner: them, asks: new Set([idOf(web)]) }] },
    ],
    ['the build asks for an object of the kind', { build: [database], left: [definition] }],
    ['another delivery has an object of the kind', { left: [definition], elsewhere: [idOf(database)] }],
    [
      'the build asks for an object of its group, and nobody has read what it defines',
      {
        build: [backup],
        left: [definition],
        observed: new Map([[idOf(definition), without(definition)]]),
      },
    ],
    ['it does not say what it defines', { build: [backup], left: [unread as KubernetesObject] }],
  ])('stays, and stays in the inventory, where %s', (_behaviour, world) => {
    const [container] = world.left as [KubernetesObject];
    const entry = toInventoryEntry(refOf(container));
    const plan = planIn(world);
    const reason = world.build === undefined ? 'used-by-others' : 'still-used';
    expect(plan.prunes).toMatchObject([{ kind: 'keep', reason, entry }]);
  });

  it.each<[string, World]>([
    ['objects stand in other Namespaces', { build: [elsewhere], left: [namespace] }],
    ['another kind of the group is asked for', { build: [backup], left: [definition] }],
    ['another delivery has an object of another kind', { left: [definition], elsewhere: [idOf(backup)] }],
    ['what was in it goes as well', { left: [namespace, web, definition, database] }],
    [
      'what was in it is going already',
      { left: [namespace, web], observed: new Map([[idOf(web), leaving(web)]]) },
    ],
    ['an entry elsewhere names nothing', { left: [namespace], elsewhere: ['shop'] }],
  ])('goes where %s', (_behaviour, world) => {
    const { prunes } = planIn(world);
    const going = world.left.filter((one) => world.observed?.has(idOf(one)) !== true);
    expect(prunes.filter(({ kind }) => kind === 'delete').map(({ ref }) => inventoryId(ref))).toEqual(
      going.toReversed().map(idOf),
    );
  });

  it('stays where an object in it left the build, too, and is not to be deleted', () => {
    const claim = { ...web, metadata: { ...web.metadata, annotations: disabled } };
    // Whatever their order in the inventory.
    for (const left of [
      [namespace, claim],
      [claim, namespace],
    ]) {
      const kept = planIn({ left }).prunes.map((step) => [step.kind, step.kind === 'keep' && step.reason]);
      expect(kept.toSorted()).toEqual([
        ['keep', 'prune-disabled'],
        ['keep', 'still-used'],
      ]);
    }
  });

  it('is deleted in its place among the others', () => {
    const { prunes } = planIn({ left: [web, namespace, elsewhere] });
    expect(prunes.map(({ ref }) => ref.kind)).toEqual(['ConfigMap', 'Namespace', 'ConfigMap']);
  });

  it('is a reason to ask what others have', () => {
    expect(concernsNeighbours(planIn({ left: [namespace] }))).toBe(true);
  });

  it('is applied like anything else', () => {
    expect(planIn({ build: [namespace, web], left: [] }).applies.map(({ kind }) => kind)).toEqual([
      'unchanged',
      'unchanged',
    ]);
  });
});
