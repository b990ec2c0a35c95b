import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStateStore } from '../../src/site/index.ts';
import {
  configMapYaml,
  deliveredFile,
  type SiteBench,
  startSiteBench,
  type Tree,
} from './harness/site-bench.ts';

const kills = 12;
const objects = 30;

let bench: SiteBench;

beforeEach(async () => {
  bench = await startSiteBench();
  await mayGoBack();
});

afterEach(() => bench.close());

async function mayGoBack(): Promise<void> {
  const text = await readFile(bench.configuration, 'utf8');
  const annotated = text.replace(
    /(kind: Kustomization\nmetadata:\n)/,
    '$1  annotations: {sealift.dev/rollback: enabled}\n',
  );
  expect(annotated).not.toBe(text);
  await writeFile(bench.configuration, annotated);
}

const names = Array.from({ length: objects }, (_, at) => `m${at}`);

const treeOf = (value: string): Tree =>
  Object.fromEntries(names.map((name) => [`${name}.yaml`, configMapYaml(name, value)]));

/** The last file cannot be read: none of it is applied. */
const brokenTree = (value: string): Tree => ({ ...treeOf(value), 'z.yaml': `${value}: [` });

const filesOf = (value: string): object =>
  Object.fromEntries(names.map((name) => [deliveredFile(name), expect.stringContaining(`value: ${value}`)]));

/** Takes delivered files away: the way back has to write them. */
async function takeAway(): Promise<void> {
  for (const name of names) await rm(join(bench.target, deliveredFile(name)), { force: true });
}

async function codes(): Promise<readonly string[]> {
  return (await bench.run()).failures.map(({ error }) => error.code);
}

function journal() {
  const store = readStateStore(bench.state);
  const found = store.deliveries.find('edge', 'app');
  store.close();
  return found?.journal;
}

/** As if all that lies there had been fetched long ago. */
async function ageBlobs(): Promise<void> {
  const directory = join(bench.state, 'layout', 'blobs', 'sha256');
  for (const name of await readdir(directory)) await utimes(join(directory, name), 1, 1);
}

/** The registry answers nothing any more. */
function cutRegistry(): void {
  bench.intercept = (_, response) => {
    response.writeHead(503).end();
    return true;
  };
}

async function deliverAndKill(afterMs: number): Promise<void> {
  const script = join(import.meta.dirname, 'harness', 'deliver.ts');
  const child = spawn(process.execPath, [script, bench.configuration, bench.state, bench.target], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdin.write('x');
  await Promise.race([sleep(afterMs), exited]);
  child.kill('SIGKILL');
  await exited;
}

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

describe('the way back to the last good revision', () => {
  it('needs no registry: what it takes is kept on the disk, long after another revision came', async () => {
    await bench.push(treeOf('good'), { by: bench.trusted });
    expect(await codes()).toEqual([]);
    await ageBlobs();
    await bench.push(brokenTree('bad'), { by: bench.trusted });
    expect(await codes()).toEqual(['YAML_MALFORMED', 'DELIVERY_ROLLED_BACK']);
    await ageBlobs();
    expect(await codes()).toEqual(['DELIVERY_ROLLED_BACK']);
    cutRegistry();
    await takeAway();
    await rm(join(bench.state, 'trees'), { recursive: true });
    expect(await codes()).toEqual(['REGISTRY_FAILED', 'DELIVERY_ROLLED_BACK']);
    expect(await bench.delivered()).toEqual(filesOf('good'));
  });

  it('is closed to a revision whose signer is not trusted any more', async () => {
    await bench.push(treeOf('good'), { by: bench.stranger });
    await bench.trust(bench.stranger);
    await mayGoBack();
    expect(await codes()).toEqual([]);
    await bench.trust(bench.trusted);
    await mayGoBack();
    await bench.push(brokenTree('bad'), { by: bench.trusted });
    await takeAway();
    expect(await codes()).toEqual(['YAML_MALFORMED', 'SIGNATURE_KEY_UNKNOWN']);
    expect(await bench.delivered()).toEqual({});
    expect(journal()).toMatchObject({ attempt: { stage: 'returning' } });
    await bench.trust(bench.trusted, bench.stranger);
    await mayGoBack();
    expect(await codes()).toEqual(['DELIVERY_ROLLED_BACK']);
    expect(await bench.delivered()).toEqual(filesOf('good'));
  });

  it(`is found again after each of ${kills} kills`, { timeout: 600_000 }, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed}: repeat with SEED=${seed}`);
    const random = randomFrom(seed);
    const begin = performance.now();
    await bench.push(treeOf('good0'), { by: bench.trusted });
    await deliverAndKill(60_000);
    const whole = performance.now() - begin;
    let good = 'good0';
    const stages: (string | undefined)[] = [];
    for (let round = 1; round <= kills; round += 1) {
      const isGood = random() < 0.3;
      const value = `${isGood ? 'good' : 'bad'}${round}`;
      await bench.push(isGood ? treeOf(value) : brokenTree(value), { by: bench.trusted });
      await takeAway();
      await deliverAndKill(random() * whole);
      stages.push(journal()?.attempt?.stage);
      const last = good;
      if (isGood) good = value;
      const found = Object.entries(await bench.delivered()).flatMap(([name, text]) =>
        name.startsWith('.sealift-') ? [] : [text],
      );
      expect(found.every((text) => text.includes(`value: ${last}`) || text.includes(`value: ${good}`))).toBe(
        true,
      );
      const failures = await codes();
      expect(failures.filter((code) => code !== 'YAML_MALFORMED')).toEqual(
        isGood ? [] : ['DELIVERY_ROLLED_BACK'],
      );
      expect(await bench.delivered()).toEqual(filesOf(good));
    }
    const counts = Object.groupBy(stages, (stage) => stage ?? 'none');
    console.log(
      Object.entries(counts)
        .map(([stage, found]) => `${stage}: ${found?.length}`)
        .join(', '),
    );
  });
});
