import { parseArgs } from 'node:util';
import { runTransfers } from './run-transfers.ts';

/** Transfers through a faulty proxy: `node test/chaos/oci-faults.ts --runs 1000`, or one of them again: `--seed 17`. */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string' } },
});
const first = Number(values.seed ?? 1);
const count = values.seed === undefined ? Number(values.runs) : 1;
const started = performance.now();

let done = 0;
const runs = await runTransfers(
  Array.from({ length: count }, (_, at) => first + at),
  ({ seed, direction, outcome, happened }) => {
    done += 1;
    const detail =
      outcome.kind === 'coded' ? outcome.error.message : outcome.kind === 'wrong' ? outcome.reason : '';
    if (outcome.kind === 'wrong' || count === 1) {
      console.log(`seed ${seed}: ${direction} ${outcome.kind} ${detail} [${happened.join(', ')}]`);
    }
    if (done % 100 === 0) console.log(`${done} of ${count}`);
  },
);

const counts = new Map<string, number>();
for (const { direction, outcome } of runs) {
  const key = `${direction} ${outcome.kind === 'coded' ? outcome.error.code : outcome.kind}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
for (const [key, number] of [...counts].sort()) console.log(`${`${number}`.padStart(6)}  ${key}`);
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
if (runs.some(({ outcome }) => outcome.kind === 'wrong')) {
  console.log('To see one again: npm run test:chaos -- --seed SEED');
  process.exitCode = 1;
}
