import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inventoryId } from '../../src/api/index.ts';
import { refOf } from '../../src/core/index.ts';
import { openDirectory } from '../contract/directory-under-test.ts';
import { openMemory } from '../contract/memory-under-test.ts';
import type { TextTargetUnderTest } from '../contract/text-target-contract.ts';
import { configMap } from '../fixtures/objects.ts';
import { type DeliveryRun, type OtherHand, SharedTarget } from '../fixtures/shared-target.ts';

const names = ['a', 'b', 'c', 'd'];
const deliveries = ['left', 'right'];

type Event =
  | { readonly kind: 'run'; readonly runs: readonly DeliveryRun[] }
  | { readonly kind: 'touch'; readonly name: string; readonly hand: OtherHand };

const buildOf: fc.Arbitrary<ReadonlyMap<string, number>> = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.nat({ max: 2 })), { maxLength: 4 })
  .map((pairs) => new Map(pairs));

const mishapOf = fc.record({
  at: fc.nat({ max: 12 }),
  kind: fc.constantFrom('crash' as const, 'fault' as const),
  effect: fc.boolean(),
});

const runOf = (delivery: string): fc.Arbitrary<DeliveryRun> =>
  fc.record({
    delivery: fc.constant(delivery),
    build: buildOf,
    prune: fc.boolean(),
    mishap: fc.option(mishapOf, { nil: undefined }),
  });

const handOf = fc.constantFrom<OtherHand>('change', 'break', 'strip', 'delete', 'put object', 'put text');

const eventOf: fc.Arbitrary<Event> = fc.oneof(
  ...deliveries.map((delivery) => runOf(delivery).map((run) => ({ kind: 'run' as const, runs: [run] }))),
  // Both at once, as the engine runs them.
  fc.tuple(...deliveries.map(runOf)).map((runs) => ({ kind: 'run' as const, runs })),
  fc.record({ kind: fc.constant('touch' as const), name: fc.constantFrom(...names), hand: handOf }),
);

/** In the end every object has one delivery at most, by its place in `deliveries`. */
const endOf = fc.tuple(
  ...names.map(() => fc.option(fc.nat({ max: deliveries.length - 1 }), { nil: undefined })),
);

const finalVersion = 7;

function finalBuild(end: readonly (number | undefined)[], delivery: string): Map<string, number> {
  const wanted = names.filter((_, at) => deliveries[end[at] ?? -1] === delivery);
  return new Map(wanted.map((name) => [name, finalVersion]));
}

async function happen(shared: SharedTarget, event: Event): Promise<void> {
  if (event.kind === 'touch') await shared.touch(event.name, event.hand);
  else await Promise.allSettled(event.runs.map((run) => shared.run(run)));
  await shared.letGo(names);
}

async function expectForeignUntouched(shared: SharedTarget): Promise<void> {
  for (const [name, text] of shared.foreign) expect([name, await shared.text(name)]).toEqual([name, text]);
}

/** Undisturbed runs; an object that moves between deliveries takes one of its old and then one of its new owner. */
async function settle(shared: SharedTarget, end: readonly (number | undefined)[]): Promise<number[]> {
  const changes: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (const delivery of deliveries) {
      const build = finalBuild(end, delivery);
      const run = shared.run({ delivery, build, prune: true });
      const outcome = await run.catch(() => undefined);
      if (round < 2) continue;
      if (outcome !== undefined) changes.push(outcome.changed);
      else expect(await shared.isInTheWay([...build.keys()])).toBe(true);
    }
  }
  return changes;
}

async function expectSettled(shared: SharedTarget, end: readonly (number | undefined)[]): Promise<void> {
  for (const [at, name] of names.entries()) {
    const delivery = deliveries[end[at] ?? -1];
    const text = await shared.text(name);
    if (shared.foreign.has(name)) continue;
    if (delivery !== undefined && (await shared.holds(name, delivery, finalVersion))) continue;
    expect([undefined, shared.released.get(name)]).toContain(text);
    const owned = deliveries.flatMap((one) => shared.inventory(one)).map(({ id }) => id);
    expect(owned).not.toContain(inventoryId(refOf(configMap(name))));
  }
}

async function converge(
  under: TextTargetUnderTest,
  events: Event[],
  end: (number | undefined)[],
): Promise<void> {
  const shared = new SharedTarget(under);
  for (const event of events) {
    await happen(shared, event);
    await expectForeignUntouched(shared);
  }
  const changes = await settle(shared, end);
  await expectForeignUntouched(shared);
  await expectSettled(shared, end);
  expect(shared.trespasses).toEqual([]);
  for (const change of changes) expect(change).toBe(0);
  expect(
    deliveries.flatMap((delivery) => shared.inventory(delivery)).filter((entry) => entry.attempted),
  ).toEqual([]);
}

describe('two deliveries on one target, after crashes, faults and other hands at any moment', () => {
  const history = [fc.array(eventOf, { maxLength: 12 }), endOf] as const;

  it('converge in memory: all that is asked for is there, nothing is orphaned, nothing foreign was touched', {
    timeout: 300_000,
  }, async () => {
    const property = fc.asyncProperty(...history, (events, end) => converge(openMemory(), events, end));
    await fc.assert(property, { numRuns: 3000 });
  });

  it('converge in a directory', async () => {
    const property = fc.asyncProperty(...history, async (events, end) => {
      const under = await openDirectory();
      try {
        await converge(under, events, end);
      } finally {
        await under.close();
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
