import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComposedAgent } from '../../cmd/sealift/compose-agent.ts';
import { loadConfiguration } from '../../cmd/sealift/run-agent.ts';
import { Engine } from '../../src/agent/index.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

let bench: SiteBench;
let agent: ComposedAgent;
let running: Promise<void>;
let file: string;
let content: string;
const stop = new AbortController();

beforeAll(async () => {
  bench = await startSiteBench();
  await bench.configure({ interval: '1h' });
  await bench.push(
    { 'a.yaml': configMapYaml('a', 'x'), 'b.yaml': configMapYaml('b', 'x') },
    { by: bench.trusted },
  );
  agent = await bench.compose();
  running = new Engine(agent.parts, await loadConfiguration(bench.configuration)).run(stop.signal);
  file = join(bench.target, deliveredFile('a'));
  content = await waitFor(() => readFile(file, 'utf8'), 10_000);
});

afterAll(async () => {
  stop.abort();
  await running;
  await agent.close();
  await bench.close();
});

async function waitFor<T>(look: () => Promise<T>, ms: number): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    try {
      return await look();
    } catch (thrown) {
      if (performance.now() > end) throw thrown;
      await sleep(5);
    }
  }
}

/** Milliseconds until the file is again what was delivered. */
async function repaired(): Promise<number> {
  const begin = performance.now();
  await waitFor(async () => expect(await readFile(file, 'utf8')).toBe(content), 5_000);
  return performance.now() - begin;
}

describe('drift of a delivered file', () => {
  it.each([
    ['edited', () => writeFile(file, `${content}oops: true\n`)],
    ['emptied', () => writeFile(file, '')],
    ['made unreadable as YAML', () => writeFile(file, 'a: [')],
    ['deleted', () => rm(file)],
    ['moved away', () => rename(file, join(bench.directory, 'elsewhere'))],
  ])('%s, it is repaired in under a second', async (_, harm) => {
    await harm();
    expect(await repaired()).toBeLessThan(1_000);
  });

  it('is repaired as well when the whole directory is deleted', async () => {
    await rm(bench.target, { recursive: true, maxRetries: 20, retryDelay: 50 });
    expect(await repaired()).toBeLessThan(2_000);
  });

  it('leaves foreign files and folders alone', async () => {
    const foreign = join(bench.target, 'theirs.yaml');
    await writeFile(foreign, 'theirs');
    await mkdir(join(bench.target, 'folder'));
    await symlink('/etc/hostname', join(bench.target, 'link.yaml'));
    await rm(file);
    await repaired();
    expect(await readFile(foreign, 'utf8')).toBe('theirs');
    expect(Object.keys(agent.state.deliveries.all()[0]?.status.inventory?.entries ?? [])).toHaveLength(2);
  });
});
