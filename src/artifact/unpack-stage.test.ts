import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { OciError } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { paxEntry, tarOf } from '../../test/fixtures/tar-builder.ts';
import { inChunks, readTree, sourceWith, UnpackSandbox } from '../../test/fixtures/unpack-sandbox.ts';
import type { FetchedLayer } from '../api/index.ts';
import { SealiftError } from '../core/index.ts';
import { createUnpackStage, sweepTrees, type UnpackStage, type UnpackStageOptions } from './index.ts';

const { signal } = new AbortController();
const tar = tarOf({ name: 'a.yaml', body: 'A' }, { name: 'd/b.yaml', body: 'BB' }, { name: 'l', type: '2' });
const content = gzipSync(tar);

function fetched(
  digest = 'sha256:1',
  mediaType = 'application/vnd.cncf.flux.content.v1.tar+gzip',
): FetchedLayer {
  return {
    revision: 'v1@sha256:9',
    layer: { digest, mediaType, size: content.length },
    annotations: { from: 'manifest' },
  };
}

interface Counted {
  readonly stage: UnpackStage;
  readonly opened: () => number;
}

function countingStage(trees: string, options: Partial<UnpackStageOptions> = {}): Counted {
  let opened = 0;
  const open = (): AsyncIterable<Uint8Array> => {
    opened += 1;
    return inChunks(content, 100);
  };
  return { stage: createUnpackStage({ treesDirectory: trees, open, ...options }), opened: () => opened };
}

describe('the unpack stage', () => {
  it('gives the tree of a layer with what it holds', async () => {
    await using sandbox = await UnpackSandbox.open();
    const artifact = await countingStage(sandbox.trees).stage.unpack(sourceWith(), fetched(), signal);
    expect(artifact).toEqual({
      revision: 'v1@sha256:9',
      digest: 'sha256:1',
      root: expect.stringMatching(/\/trees\/[0-9a-f]{64}$/),
      files: 2,
      bytes: 3,
      annotations: { from: 'manifest' },
      skipped: ['l'],
    });
    await expect(readTree(artifact.root)).resolves.toEqual({
      files: { 'a.yaml': 'A', 'd/b.yaml': 'BB' },
      directories: ['d'],
    });
    expect((await stat(artifact.root)).mode & 0o777).toBe(0o755 & ~process.umask());
  });

  it('gives the same layer the same tree without opening it again, in another process too', async () => {
    await using sandbox = await UnpackSandbox.open();
    const first = countingStage(sandbox.trees);
    const artifact = await first.stage.unpack(sourceWith(), fetched(), signal);
    await expect(first.stage.unpack(sourceWith(), fetched(), signal)).resolves.toEqual(artifact);
    const second = countingStage(sandbox.trees);
    await expect(second.stage.unpack(sourceWith(), fetched(), signal)).resolves.toEqual(artifact);
    expect([first.opened(), second.opened()]).toEqual([1, 0]);
  });

  it.each([
    ['a file is gone', (root: string) => rm(path.join(root, 'a.yaml'))],
    ['a file was cut', (root: string) => writeFile(path.join(root, 'd', 'b.yaml'), 'B')],
    ['a file was added', (root: string) => writeFile(path.join(root, 'evil.yaml'), '')],
  ])('makes a tree again of which %s', async (_, harm) => {
    await using sandbox = await UnpackSandbox.open();
    const { stage } = countingStage(sandbox.trees);
    const before = await stage.unpack(sourceWith(), fetched(), signal);
    const whole = await readTree(before.root);
    await harm(before.root);
    const after = await stage.unpack(sourceWith(), fetched(), signal);
    expect(after).toEqual(before);
    await expect(readTree(after.root)).resolves.toEqual(whole);
  });

  it('keeps a tree of its own for each layer, operation, ignore text and link policy', async () => {
    await using sandbox = await UnpackSandbox.open();
    const noLinks = gzipSync(tarOf({ name: 'a.yaml' }));
    const open = (): AsyncIterable<Uint8Array> => inChunks(noLinks);
    const { stage } = countingStage(sandbox.trees, { open });
    const strict = countingStage(sandbox.trees, { open, strictLinks: true }).stage;
    const roots = await Promise.all([
      stage.unpack(sourceWith(), fetched(), signal),
      stage.unpack(sourceWith(), fetched('sha256:2'), signal),
      stage.unpack(sourceWith('copy'), fetched(), signal),
      stage.unpack(sourceWith('extract', '*.md'), fetched(), signal),
      strict.unpack(sourceWith(), fetched(), signal),
    ]);
    expect(new Set(roots.map(({ root }) => root)).size).toBe(5);
  });

  it('lets two unpacks of one layer meet', async () => {
    await using sandbox = await UnpackSandbox.open();
    const { stage } = countingStage(sandbox.trees);
    const artifacts = await Promise.all([1, 2, 3].map(() => stage.unpack(sourceWith(), fetched(), signal)));
    expect(new Set(artifacts.map(({ root }) => root)).size).toBe(1);
    expect((await readdir(sandbox.trees)).length).toBe(2);
  });

  it.each([
    ['application/vnd.cncf.flux.content.v1.tar+gzip', 'layer.tar.gz'],
    ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'layer.tar.gz'],
    ['application/vnd.cncf.flux.content.v1.yaml', 'layer.yaml'],
    ['application/vnd.oci.image.layer.v1.tar+zstd', 'layer.tar.zst'],
    ['../../evil', 'layer.bin'],
  ])('copies a layer of type %s as %s', async (mediaType, name) => {
    await using sandbox = await UnpackSandbox.open();
    const { stage } = countingStage(sandbox.trees);
    const artifact = await stage.unpack(sourceWith('copy'), fetched('sha256:1', mediaType), signal);
    expect(await readdir(artifact.root)).toEqual([name]);
    expect(await readFile(path.join(artifact.root, name))).toEqual(content);
    expect(artifact).toMatchObject({ files: 1, bytes: content.length, skipped: [] });
  });

  it('does not copy more than the limit', async () => {
    await using sandbox = await UnpackSandbox.open();
    const outcome = await sandbox.layer(Buffer.alloc(100), { operation: 'copy', limits: { totalBytes: 99 } });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'ARCHIVE_LIMIT_EXCEEDED' });
  });

  it.each([
    ['a tree without its note', (root: string) => rm(`${root}.json`)],
    ['a note that was torn', (root: string) => writeFile(`${root}.json`, '{"files":2')],
    ['a note of another form', (root: string) => writeFile(`${root}.json`, '{"files":"2"}')],
    ['a note without its tree', (root: string) => rm(root, { recursive: true })],
    [
      'a link in the place of the tree',
      async (root: string) => {
        await rm(root, { recursive: true });
        await symlink(path.join(root, '..', '..', '..'), root);
      },
    ],
  ])('makes the tree again over %s', async (_state, damage) => {
    await using sandbox = await UnpackSandbox.open();
    const { stage, opened } = countingStage(sandbox.trees);
    const artifact = await stage.unpack(sourceWith(), fetched(), signal);
    await damage(artifact.root);
    await expect(stage.unpack(sourceWith(), fetched(), signal)).resolves.toEqual(artifact);
    expect(opened()).toBe(2);
    await expect(readTree(artifact.root)).resolves.toMatchObject({ files: { 'a.yaml': 'A' } });
    expect(await readdir(sandbox.directory)).toEqual(['canary', 'state']);
  });
});

describe('an unpack that fails', () => {
  const failing = (error: Error) =>
    async function* (): AsyncGenerator<Uint8Array> {
      yield* inChunks(content, 50);
      throw error;
    };

  it.each([
    [
      'a wrong digest, known at the last byte',
      new OciError('digest-mismatch', 'blob', 'x'),
      'DIGEST_MISMATCH',
    ],
    ['a wrong size', new OciError('size-mismatch', 'blob', 'x'), 'DIGEST_MISMATCH'],
    ['a blob that is gone', new OciError('not-found', 'blob', 'x'), 'DISK_FAILED'],
    ['a disk that cannot read', Object.assign(new Error('EIO'), { syscall: 'read' }), 'DISK_FAILED'],
    ['an error with a code of ours', new SealiftError('REGISTRY_TIMEOUT', 'blob', 'x'), 'REGISTRY_TIMEOUT'],
  ])('leaves no tree after %s', async (_failure, error, code) => {
    await using sandbox = await UnpackSandbox.open();
    for (const operation of ['extract', 'copy'] as const) {
      const outcome = await sandbox.layer(content, { operation, open: failing(error) });
      expect(outcome).toMatchObject({ kind: 'refused', code });
    }
  });

  it('says that the disk failed when the directory of trees cannot be made', async () => {
    await using sandbox = await UnpackSandbox.open();
    const { stage } = countingStage(path.join(sandbox.directory, 'canary', 'trees'));
    await expect(stage.unpack(sourceWith(), fetched(), signal)).rejects.toMatchObject({
      code: 'DISK_FAILED',
      message: expect.stringMatching(/^layer sha256:1: ENOTDIR/),
    });
  });

  it('leaves no tree when the disk refuses a file in the middle', async () => {
    await using sandbox = await UnpackSandbox.open();
    // Within our limits, and beyond PATH_MAX below this directory.
    const trees = path.join(sandbox.directory, ...Array.from({ length: 15 }, () => 'x'.repeat(240)));
    const long = Array.from({ length: 4 }, () => 'w'.repeat(250)).join('/');
    const deep = gzipSync(tarOf({ name: 'a' }, paxEntry({ path: long }), { name: 'x' }, { name: 'b' }));
    const { stage } = countingStage(trees, { open: () => inChunks(deep) });
    await expect(stage.unpack(sourceWith(), fetched(), signal)).rejects.toMatchObject({
      code: 'DISK_FAILED',
      message: expect.stringMatching(/^layer sha256:1: ENAMETOOLONG/),
    });
    expect(await readdir(trees)).toEqual([]);
  });

  it('stops at once with the reason of the signal, and leaves no tree', async () => {
    await using sandbox = await UnpackSandbox.open();
    const controller = new AbortController();
    const reason = new Error('the window closed');
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield content.subarray(0, 100);
      controller.abort(reason);
      await new Promise(() => undefined);
    };
    const { stage } = countingStage(sandbox.trees, { open });
    await expect(stage.unpack(sourceWith(), fetched(), controller.signal)).rejects.toBe(reason);
    expect(await readdir(sandbox.trees)).toEqual([]);
    await expect(stage.unpack(sourceWith(), fetched(), controller.signal)).rejects.toBe(reason);
  });
});

describe('sweepTrees', () => {
  it('keeps the trees in use and removes the others with their notes', async () => {
    await using sandbox = await UnpackSandbox.open();
    const { stage } = countingStage(sandbox.trees);
    const kept = await stage.unpack(sourceWith(), fetched('sha256:1'), signal);
    await stage.unpack(sourceWith(), fetched('sha256:2'), signal);
    await sweepTrees(sandbox.trees, new Set([kept.root]));
    const key = path.basename(kept.root);
    expect((await readdir(sandbox.trees)).toSorted()).toEqual([key, `${key}.json`]);
    await expect(readTree(kept.root)).resolves.toMatchObject({ files: { 'a.yaml': 'A' } });
  });

  it('removes what a killed process left, and touches nothing else', async () => {
    await using sandbox = await UnpackSandbox.open();
    await mkdir(path.join(sandbox.trees, '.staging-deadbeef-abc', 'd'), { recursive: true });
    await writeFile(path.join(sandbox.trees, '.staging-deadbeef-abc.json'), '{}');
    await writeFile(path.join(sandbox.trees, `${'0'.repeat(64)}.json`), '{}');
    await writeFile(path.join(sandbox.trees, 'foreign'), '');
    await sweepTrees(sandbox.trees, new Set());
    expect(await readdir(sandbox.trees)).toEqual(['foreign']);
  });

  it('leaves an unpack of its own process alone', async () => {
    await using sandbox = await UnpackSandbox.open();
    const paused = Promise.withResolvers<void>();
    const swept = Promise.withResolvers<void>();
    const open = async function* (): AsyncGenerator<Uint8Array> {
      paused.resolve();
      await swept.promise;
      yield content;
    };
    const unpacking = countingStage(sandbox.trees, { open }).stage.unpack(sourceWith(), fetched(), signal);
    await paused.promise;
    await sweepTrees(sandbox.trees, new Set());
    swept.resolve();
    await expect(unpacking).resolves.toMatchObject({ files: 2 });
  });

  it('has nothing to do where nothing was unpacked yet', async () => {
    await using sandbox = await UnpackSandbox.open();
    await expect(sweepTrees(sandbox.trees, new Set())).resolves.toBeUndefined();
  });
});
