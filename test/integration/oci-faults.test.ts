import { expect, it } from 'vitest';
import { faultKinds } from '../chaos/faults.ts';
import { runTransfers } from '../chaos/run-transfers.ts';

it('transfers over a link that cuts, stalls, corrupts, doubles and reorders end right or with a code', async () => {
  const seeds = Array.from({ length: 60 }, (_, at) => at + 1);
  const runs = await runTransfers(seeds);
  const wrong = runs.flatMap(({ seed, direction, outcome }) =>
    outcome.kind === 'wrong'
      ? [`seed ${seed}: ${direction}: ${outcome.reason}; again: npm run test:chaos -- --seed ${seed}`]
      : [],
  );
  expect(wrong).toEqual([]);
  // The faults did happen.
  expect(new Set(runs.flatMap(({ happened }) => happened))).toEqual(new Set(faultKinds));
  // A link that does no more than break is survived.
  const breaks = new Set<string>(['cut', 'reset', 'stall']);
  const broken = runs.filter(
    ({ happened }) => happened.length > 0 && happened.every((kind) => breaks.has(kind)),
  );
  expect(broken.length).toBeGreaterThan(5);
  expect(broken.filter(({ outcome }) => outcome.kind !== 'right').map(({ seed }) => seed)).toEqual([]);
});
