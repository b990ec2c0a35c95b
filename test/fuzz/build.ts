// Builds generated files in process and by the code of kustomize: `npm run test:fuzz-build -- --runs 10000 --seed 7`.
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { type Comparison, compareBuilds } from './compare-build.ts';
import { generateYaml } from './yaml-generator.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});

/** Files that are asked for at once. */
const chunk = 1000;

function report({ seed, text, ours, theirs }: Comparison): string {
  return `seed ${seed}\n${JSON.stringify(text)}\n  ours   ${ours}\n  theirs ${theirs}\n`;
}

async function count(seeds: readonly number[], counts: Map<string, number>): Promise<void> {
  for (const compared of await compareBuilds(seeds.map((seed) => [seed, generateYaml(seed)]))) {
    const kind = compared.reason === undefined ? compared.verdict : `listed: ${compared.reason}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (compared.verdict === 'different') stdout.write(report(compared));
  }
}

async function main(runs: number, first: number): Promise<void> {
  const counts = new Map<string, number>();
  for (let start = first; start < first + runs; start += chunk) {
    const length = Math.min(chunk, first + runs - start);
    await count(
      Array.from({ length }, (_, index) => start + index),
      counts,
    );
  }
  for (const [kind, number] of [...counts].sort(([, a], [, b]) => b - a))
    stdout.write(`${number}\t${kind}\n`);
  if (counts.has('different')) process.exitCode = 1;
}

await main(Number(values.runs), Number(values.seed));
