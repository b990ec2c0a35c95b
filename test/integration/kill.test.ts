import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configMapYaml, type SiteBench, startSiteBench, type Tree } from './harness/site-bench.ts';

const kills = 50;
const objects = 20;

let bench: SiteBench;

beforeAll(async () => {
  bench = await startSiteBench();
});

afterAll(() => bench.close());

/** Mulberry32: the same seed kills at the same moments. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Half of the objects stay and change, half of them leave with the next revision. */
function treeOf(revision: number): Tree {
  const names = Array.from({ length: objects }, (_, at) =>
    at % 2 === 0 ? `stays-${at}` : `of-${revision}-${at}`,
  );
  return Object.fromEntries(
    names.map((name) => [`${name}.yaml`, configMapYaml(name, `${revision} ${'x'.repeat(2000)}`)]),
  );
}

/** Starts a pass, kills it after `afterMs`; says how long it took when it was not killed. */
async function deliverAndKill(afterMs: number): Promise<number> {
  const script = join(import.meta.dirname, 'harness', 'deliver.ts');
  const child = spawn(process.execPath, [script, bench.configuration, bench.state, bench.target], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  const begin = performance.now();
  child.stdin.write('x');
  await Promise.race([sleep(afterMs), exited]);
  child.kill('SIGKILL');
  await exited;
  return performance.now() - begin;
}

/** Name and revision of every object in the target; throws on a file that is not whole. */
async function revisions(): Promise<readonly (readonly [name: string, revision: number])[]> {
  const files = Object.entries(await bench.delivered()).filter(([name]) => !name.startsWith('.sealift-'));
  return files.map(([file, text]) => {
    const object = parse(text) as { metadata: { name: string }; data: { value: string } };
    const [revision, filler] = object.data.value.split(' ');
    expect(filler, `${file} is whole`).toHaveLength(2000);
    return [object.metadata.name, Number(revision)];
  });
}

describe('an agent killed at any moment', () => {
  it(`converges after each of ${kills} kills, with no torn file, no lost and no orphaned object`, {
    timeout: 600_000,
  }, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed}: repeat with SEED=${seed}`);
    const random = randomFrom(seed);
    await bench.push(treeOf(0), { by: bench.trusted });
    let whole = await deliverAndKill(60_000);
    let cut = 0;
    for (let revision = 1; revision <= kills; revision += 1) {
      await bench.push(treeOf(revision), { by: bench.trusted });
      const took = await deliverAndKill(random() * whole);
      whole = Math.max(whole * 0.9, took);

      const found = await revisions();
      expect(found.every(([, at]) => at === revision || at === revision - 1)).toBe(true);
      if (!found.every(([, at]) => at === revision) || found.length !== objects) cut += 1;

      expect((await bench.run()).failures).toEqual([]);
      const names = Object.keys(treeOf(revision)).map((file) => file.replace('.yaml', ''));
      expect([...(await revisions())].sort()).toEqual(names.map((name) => [name, revision] as const).sort());
      expect(readdirSync(bench.target).filter((name) => name.startsWith('.'))).toEqual([]);
    }
    console.log(`${cut} of ${kills} kills hit a delivery before it was complete`);
    expect(cut).toBeGreaterThan(kills / 5);
  });
});
