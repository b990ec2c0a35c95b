import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { present, them, us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import { type KubernetesObject, type Observation, refOf } from '../../core/index.ts';
import { markOwned, type Neighbour, type Plan, planDelivery } from '../index.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const idOf = (name: string): string => inventoryId(refOf(configMap(name)));
const settings = [
  { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
  { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
  { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' },
  {},
];

const objectOf = (name: string): fc.Arbitrary<KubernetesObject> =>
  fc.constantFrom(...settings).map((annotations) => configMap(name, { annotations }));

const observationOf = (name: string): fc.Arbitrary<Observation> =>
  fc.oneof(
    fc.constant<Observation>({ kind: 'absent' }),
    fc.constant<Observation>({ kind: 'unreadable', detail: 'no valid YAML' }),
    fc.constant<Observation>({ kind: 'blocked', detail: 'a directory' }),
    fc
      .tuple(objectOf(name), fc.constantFrom(us, them, undefined), fc.boolean())
      .map(([object, owner, matches]) => present(object, owner, matches)),
  );

const neighbourOf: fc.Arbitrary<Neighbour> = fc.record({
  owner: fc.constantFrom(them, { name: 'more', namespace: 'flux-system' }),
  asks: fc.option(
    fc.subarray(names).map((some): ReadonlySet<string> => new Set(some.map(idOf))),
    { nil: undefined },
  ),
});

const requestOf = fc
  .record({
    build: fc.subarray(names).chain((some) => fc.tuple(...some.map(objectOf))),
    entries: fc.subarray(names).chain((some) =>
      fc.tuple(
        ...some.map((name) =>
          fc.boolean().map(
            (sure): InventoryEntry => ({
              ...toInventoryEntry(refOf(configMap(name))),
              ...(sure ? {} : { attempted: true as const }),
            }),
          ),
        ),
      ),
    ),
    observations: fc.tuple(...names.map(observationOf)),
    prune: fc.boolean(),
    force: fc.boolean(),
    mayShrink: fc.boolean(),
    neighbours: fc.array(neighbourOf, { maxLength: 3 }),
  })
  .map(({ build, entries, observations, neighbours, ...scope }) => ({
    objects: markOwned(build, us),
    inventory: entries,
    observations: new Map(names.map((name, at) => [idOf(name), observations[at] as Observation])),
    delivery: { owner: us, ...scope },
    neighbours,
  }));

function deleted({ prunes }: Plan): string[] {
  return prunes.filter(({ kind }) => kind === 'delete').map(({ ref }) => inventoryId(ref));
}

type Request = Parameters<typeof planDelivery>[0];

function always(holds: (plan: Plan, request: Request) => void): void {
  fc.assert(
    fc.property(requestOf, (request) => holds(planDelivery(request), request)),
    { numRuns: 1_000 },
  );
}

describe('any plan over any observations', { timeout: 300_000 }, () => {
  it('never deletes what is not ours: only what the inventory lists, with our labels, or ours and broken', () => {
    always((plan, { inventory, observations }) => {
      for (const id of deleted(plan)) {
        const entry = inventory.find((one) => one.id === id);
        const seen = observations.get(id);
        expect(entry).toBeDefined();
        if (seen?.kind === 'present') expect(seen.owner).toEqual(us);
        else expect([seen?.kind, entry?.attempted]).toEqual(['unreadable', undefined]);
      }
    });
  });

  it('never deletes and writes one object', () => {
    always((plan) => {
      const asked = new Set(plan.applies.map(({ ref }) => inventoryId(ref)));
      for (const id of deleted(plan)) expect(asked).not.toContain(id);
    });
  });

  it('never deletes what a neighbour asks for or may ask for', () => {
    always((plan, { neighbours = [] }) => {
      for (const id of deleted(plan)) {
        expect(neighbours.every(({ asks }) => asks !== undefined && !asks.has(id))).toBe(true);
      }
    });
  });

  it('never writes over what another delivery owns, unless that has let go of it', () => {
    always((plan, { observations, neighbours = [] }) => {
      for (const step of plan.applies) {
        const seen = observations.get(inventoryId(step.ref));
        if (step.kind !== 'change' || seen?.kind !== 'present' || seen.owner !== them) continue;
        const owner = neighbours.find((one) => one.owner === them);
        expect(owner?.asks?.has(inventoryId(step.ref))).toBe(false);
      }
    });
  });

  it('never deletes anything where the build is empty or nothing is pruned', () => {
    always((plan, { objects, delivery }) => {
      const isEmpty = objects.length === 0 && delivery.mayShrink !== true;
      if (isEmpty || !delivery.prune) expect(deleted(plan)).toEqual([]);
    });
  });

  it('has one step for each object that the build asks for, in its order', () => {
    always((plan, { objects }) => {
      expect(plan.applies.map(({ ref }) => inventoryId(ref))).toEqual(
        objects.map((object) => inventoryId(refOf(object))),
      );
    });
  });
});
