import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageLayout, openLayout } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configMapYaml, type SiteBench, startSiteBench } from './harness/site-bench.ts';

let bench: SiteBench;
beforeEach(async () => {
  bench = await startSiteBench();
});
afterEach(() => bench.close());

const revision = (value: string) => ({ 'a.yaml': configMapYaml('a', value) });
const localLayout = (): Promise<ImageLayout> => openLayout(join(bench.state, 'layout'));

async function blobNames(): Promise<readonly string[]> {
  return (await readdir(join(bench.state, 'layout', 'blobs', 'sha256'))).sort();
}

async function trees(): Promise<readonly string[]> {
  return (await readdir(join(bench.state, 'trees'))).filter((name) => !name.endsWith('.json'));
}

/** As if all that lies there had been fetched long ago. */
async function ageBlobs(): Promise<void> {
  const directory = join(bench.state, 'layout', 'blobs', 'sha256');
  for (const name of await readdir(directory)) await utimes(join(directory, name), 1, 1);
}

async function deliver(value: string): Promise<void> {
  await bench.push(revision(value), { by: bench.trusted });
  expect((await bench.run()).failures).toEqual([]);
}

describe('the disk of a site', () => {
  it('holds what is in force and nothing older', async () => {
    await deliver('one');
    const before = await blobNames();
    const [tree] = await trees();
    await ageBlobs();
    await deliver('two');
    const after = await blobNames();
    expect(after).toHaveLength(before.length);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    expect(await trees()).toHaveLength(1);
    expect(await trees()).not.toContain(tree);
  });

  it('keeps what is in force when a newer revision has no tree', async () => {
    await deliver('good');
    const before = await blobNames();
    const tree = await trees();
    await ageBlobs();
    await bench.push(new TextEncoder().encode('no archive'), { by: bench.trusted });
    expect((await bench.run()).failures).toHaveLength(1);
    expect(await blobNames()).toEqual(expect.arrayContaining([...before]));
    expect(await trees()).toEqual(tree);
  });

  it('holds nothing of a source that left the configuration', async () => {
    await deliver('one');
    await ageBlobs();
    const agent = await bench.compose();
    try {
      agent.state.sources.remove('edge', 'app');
      await agent.parts.housekeeping?.collect(
        { sources: [], roots: new Set(), digests: new Set() },
        new AbortController().signal,
      );
    } finally {
      await agent.close();
    }
    expect(await blobNames()).toEqual([]);
    expect(await trees()).toEqual([]);
    expect(await (await localLayout()).repositories()).toEqual([]);
  });
});
