// Sites in a cluster that fails them: `npm run test:chaos-cluster -- --runs 200 --seed 1`, or one again: `--runs 1 --seed 17`.
import { parseArgs } from 'node:util';
import { type FaultRun, runFaults } from '../cluster/faults/run-faults.ts';
import { startCluster } from '../cluster/harness/start-cluster.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
  },
});
/** One that cannot be judged is no reason to leave the others running. */
function brokenRun(seed: number, error: unknown): FaultRun {
  const said = error instanceof Error ? `${error.stack}` : `${error}`;
  return { seed, problems: [said], faults: new Map(), kills: 0, convergedMs: 0 };
}

const first = Number(values.seed);
const seeds = Array.from({ length: Number(values.runs) }, (_, at) => first + at);
const queue = seeds.values();
const runs: FaultRun[] = [];
const running = await startCluster();
let isEnough = false;
// What has begun is brought to its end, so that no agent is left behind.
process.once('SIGINT', () => {
  isEnough = true;
});

const work = async (): Promise<void> => {
  for (const seed of queue) {
    if (isEnough) return;
    const run = await runFaults(seed, running.cluster).catch((error: unknown) => brokenRun(seed, error));
    runs.push(run);
    const faults = [...run.faults.values()].reduce((sum, count) => sum + count, 0);
    const verdict = run.problems.length === 0 ? 'right' : `WRONG\n  ${run.problems.join('\n  ')}`;
    const numbers = `${faults} faults, ${run.kills} kills, looked at for ${Math.round(run.convergedMs)} ms`;
    console.log(`seed ${seed}: ${numbers}: ${verdict}`);
  }
};
try {
  await Promise.all(Array.from({ length: Number(values.lanes) }, work));
} finally {
  await running.stop();
}

const counts = new Map<string, number>();
for (const { faults } of runs) {
  for (const [what, count] of faults) counts.set(what, (counts.get(what) ?? 0) + count);
}
for (const [what, count] of [...counts].sort()) console.log(`${`${count}`.padStart(7)}  ${what}`);
const kills = runs.reduce((sum, run) => sum + run.kills, 0);
const wrong = runs.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed);
console.log(
  `${runs.length} runs, ${kills} kills, ${wrong.length} wrong${wrong.length > 0 ? `: seeds ${wrong}` : ''}`,
);
if (wrong.length > 0) process.exitCode = 1;
