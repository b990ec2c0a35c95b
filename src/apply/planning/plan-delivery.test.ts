import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { planOne, present, us } from '../../../test/fixtures/plan-one.ts';
import { inventoryId, toInventoryEntry } from '../../api/index.ts';
import { type KubernetesObject, type Observation, refOf, SealiftError } from '../../core/index.ts';
import { markOwned, type Plan, planDelivery } from '../index.ts';

const scope = { owner: us, prune: true, force: false, mayShrink: true };
const forcing = { 'kustomize.toolkit.fluxcd.io/force': 'Enabled' };

interface World {
  readonly build: readonly KubernetesObject[];
  readonly owned: readonly KubernetesObject[];
  readonly live: readonly KubernetesObject[];
}

/** A plan where every live object is ours and matches if the build asks for it. */
function planIn({ build, owned, live }: World): Plan {
  const idOf = (object: KubernetesObject): string => inventoryId(refOf(object));
  const observations = new Map<string, Observation>();
  for (const object of [...build, ...owned]) observations.set(idOf(object), { kind: 'absent' });
  for (const object of live) observations.set(idOf(object), present(object, us, true));
  return planDelivery({
    objects: markOwned(build, us),
    inventory: owned.map((object) => toInventoryEntry(refOf(object))),
    observations,
    delivery: scope,
  });
}

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => configMap(name)) as [
  KubernetesObject,
  KubernetesObject,
  KubernetesObject,
  KubernetesObject,
];

function namesOf(steps: Plan['applies'] | Plan['prunes']): string[] {
  return steps.map(({ kind, ref }) => `${kind} ${ref.name}`);
}

describe('planDelivery', () => {
  it('writes in the order of the build and deletes in reverse order of the inventory', () => {
    const plan = planIn({ build: [d, c], owned: [a, b, c], live: [a, b, c] });
    expect(namesOf(plan.applies)).toEqual(['create d', 'unchanged c']);
    expect(namesOf(plan.prunes)).toEqual(['delete b', 'delete a']);
  });

  it('has no step for what left the build and is gone already', () => {
    expect(planIn({ build: [], owned: [a, b], live: [b] }).prunes).toMatchObject([
      { kind: 'delete', ref: { name: 'b' } },
    ]);
  });

  it('counts another version of the same object as the same', () => {
    const v2 = { ...a, apiVersion: 'v2' };
    const plan = planIn({ build: [v2], owned: [a], live: [a] });
    expect([plan.applies.length, plan.prunes]).toEqual([1, []]);
  });

  it('gives the same plan for the same input', () => {
    const world = { build: [a, b], owned: [c, d], live: [b, c, d] };
    expect(planIn(world)).toEqual(planIn(world));
  });

  it('refuses a build with two objects of one id', () => {
    expect(() => planIn({ build: [a, { ...a, data: {} }], owned: [], live: [] })).toThrow(
      expect.objectContaining({ code: 'OBJECT_DUPLICATE' }),
    );
  });

  it('never takes an object that nobody looked at for absent', () => {
    const unseen = { objects: markOwned([a], us), inventory: [], observations: new Map(), delivery: scope };
    expect(() => planDelivery(unseen)).toThrow(SealiftError);
  });

  it('never plans objects without the labels of their delivery', () => {
    const observations = new Map([[inventoryId(refOf(a)), { kind: 'absent' } as const]]);
    expect(() => planDelivery({ objects: [a], inventory: [], observations, delivery: scope })).toThrow(
      SealiftError,
    );
  });

  it.each([
    ['by default', { desired: configMap('one'), live: configMap('one') }, false],
    ['when the delivery forces', { desired: configMap('one'), live: configMap('one'), force: true }, true],
    [
      'when the build annotates the object',
      { desired: configMap('one', { annotations: forcing }), live: configMap('one') },
      true,
    ],
    [
      'when the live object is annotated',
      { desired: configMap('one'), live: configMap('one', { annotations: forcing }) },
      true,
    ],
  ])('%s, a change may recreate: %#', (_behaviour, { live, ...one }, recreate) => {
    expect(planOne({ ...one, observation: present(live, us) })).toMatchObject({ kind: 'change', recreate });
  });
});
