import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  copy,
  createMemoryStore,
  OciError,
  openLayout,
  parseManifest,
  serveRegistry,
  sha256,
  type UntaggingStore,
} from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const writer = fileURLToPath(new URL('oci-layout-writer.ts', import.meta.url));
const rounds = 30;
const names = ['one', 'two'];

let directory: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oci-layout-collect-'));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

async function write(name: string): Promise<void> {
  const child = spawn(process.execPath, [writer, directory, name, `${rounds}`], { stdio: 'ignore' });
  running.add(child);
  const [code] = await once(child, 'close');
  running.delete(child);
  expect(code).toBe(0);
}

/** As if it had been written long ago. */
async function age(digest: string): Promise<void> {
  await utimes(join(directory, 'blobs', ...digest.split(':')), 1, 1);
}

/** Takes every other tag away, as soon as it is there; what it named counts as old. */
async function dropOddTags(store: UntaggingStore): Promise<void> {
  for (const tag of await tagsOf(store)) {
    if (!/[13579]$/.test(tag)) continue;
    const found = await store.resolve(tag);
    if (found.kind !== 'resolved') throw new Error('nothing was known');
    const manifest = parseManifest(found.content);
    await store.untag(tag);
    await age(found.descriptor.digest);
    if (manifest.kind === 'image') await age(manifest.config.digest);
  }
}

async function tagsOf(store: UntaggingStore): Promise<readonly string[]> {
  try {
    const tags: string[] = [];
    for await (const tag of store.tags()) tags.push(tag);
    return tags;
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return [];
    throw error;
  }
}

describe('garbage collection beside other processes', () => {
  it('loses nothing that they push, and leaves nothing that they dropped', async () => {
    const layout = await openLayout(directory);
    const stores = names.map((name) => layout.repository(name));
    let isWriting = true;
    const writing = Promise.all(names.map(write)).finally(() => {
      isWriting = false;
    });
    let files = 0;
    while (isWriting) {
      for (const store of stores) await dropOddTags(store);
      files += (await layout.collectGarbage({ untagged: 'remove' })).files;
    }
    await writing;
    expect(files).toBeGreaterThan(0);
    for (const store of stores) await dropOddTags(store);
    await layout.collectGarbage({ graceMs: 0, untagged: 'remove' });
    for (const store of stores) {
      const tags = await tagsOf(store);
      expect(tags).toHaveLength(rounds / 2);
      for (const tag of tags) await copy(store, createMemoryStore(), tag);
    }
    // A manifest and a layer for each tag that is left.
    expect(await readdir(join(directory, 'blobs', 'sha256'))).toHaveLength(names.length * rounds);
  });
});

describe('garbage collection beside the registry server', () => {
  const bytes = Buffer.from('old content');
  const digest = sha256(bytes);

  it.each([
    ['looked for', (url: string) => fetch(`${url}/v2/a/blobs/${digest}`, { method: 'HEAD' })],
    ['mounted', (url: string) => fetch(`${url}/v2/a/blobs/uploads/?mount=${digest}`, { method: 'POST' })],
  ])('leaves a blob that a client has just %s', async (_how, ask) => {
    const layout = await openLayout(directory);
    await layout.repository().push({ mediaType: 'text/plain', digest, size: bytes.byteLength }, bytes);
    const server = await serveRegistry({ layout });
    try {
      await age(digest);
      expect((await ask(server.url)).ok).toBe(true);
      expect(await layout.collectGarbage()).toMatchObject({ files: 0, waiting: 1 });
      await age(digest);
      expect(await layout.collectGarbage()).toMatchObject({ files: 1 });
    } finally {
      await server.close();
    }
  });
});
