import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnpackStage, sweepTrees } from '../../src/artifact/index.ts';
import { tarEntry, tarOf, zeroBlock } from '../fixtures/tar-builder.ts';
import { inChunks, sourceWith } from '../fixtures/unpack-sandbox.ts';

const child = path.join(import.meta.dirname, '..', 'bench', 'unpack-child.ts');
const mebibyte = 1024 * 1024;

interface Report {
  readonly outcome: {
    readonly kind: string;
    readonly code?: string;
    readonly message?: string;
    readonly files?: number;
    readonly root?: string;
  };
  readonly cpuMs: number;
  readonly peakBytes: number;
}

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sealift-process-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function unpackInChild(layer: string, trees: string, limits: object = {}): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    child,
    layer,
    trees,
    JSON.stringify(limits),
  ]);
  return JSON.parse(stdout) as Report;
}

/** A tar of `count` files of `size` bytes, made as it is written. */
async function* manyFiles(count: number, size: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index += 1) {
    yield tarEntry({ name: `d${index % 40}/f${index}.yaml`, body: randomBytes(size / 2).toString('hex') });
  }
  yield Buffer.concat([zeroBlock, zeroBlock]);
}

async function writeLayer(name: string, tar: AsyncIterable<Buffer>, level = 1): Promise<string> {
  const file = path.join(directory, name);
  await pipeline(tar, createGzip({ level }), createWriteStream(file));
  return file;
}

/** Directories in the staging of a running unpack. */
async function progress(trees: string): Promise<number> {
  const names = await readdir(trees).catch(() => []);
  const staging = names.find((name) => name.startsWith('.staging-') && !name.endsWith('.json'));
  return staging === undefined ? 0 : (await readdir(path.join(trees, staging)).catch(() => [])).length;
}

/** Kills the process once its staging holds that many directories; gives up waiting when it ends before. */
async function killAt(running: ChildProcess, trees: string, directories: number): Promise<void> {
  const gone = once(running, 'exit');
  while (running.exitCode === null && (await progress(trees)) < directories) await wait(2);
  running.kill('SIGKILL');
  await gone;
}

describe('unpack in a process of its own', () => {
  it.each([1, 20, 40])(
    'leaves no tree when it is killed after %i directories, and the next process succeeds',
    async (directories) => {
      const layer = await writeLayer(`killed-${directories}.tgz`, manyFiles(3000, 2000));
      const trees = path.join(directory, `killed-${directories}`);
      await killAt(spawn(process.execPath, [child, layer, trees], { stdio: 'ignore' }), trees, directories);
      expect(await readdir(trees)).toEqual([expect.stringMatching(/^\.staging-/)]);
      await sweepTrees(trees, new Set());
      expect(await readdir(trees)).toEqual([]);
      const { outcome } = await unpackInChild(layer, trees);
      expect(outcome).toMatchObject({ kind: 'accepted', files: 3000 });
    },
  );

  it('refuses a bomb in little memory and little time', async () => {
    const zeros = async function* (): AsyncGenerator<Buffer> {
      const size = 320 * mebibyte;
      yield tarEntry({ name: 'zeros', size });
      for (let written = 0; written < size; written += mebibyte) yield Buffer.alloc(mebibyte);
    };
    const layer = await writeLayer('bomb.tgz', zeros(), 9);
    const trees = path.join(directory, 'bomb');
    const byHeader = await unpackInChild(layer, trees);
    expect(byHeader.outcome).toMatchObject({ code: 'ARCHIVE_LIMIT_EXCEEDED' });
    const lifted = { fileBytes: 2 ** 40 };
    const byRatio = await unpackInChild(layer, trees, lifted);
    expect(byRatio.outcome).toMatchObject({ code: 'ARCHIVE_LIMIT_EXCEEDED' });
    expect(byRatio.outcome.message).toMatch(/limit ratio/);
    const bySize = await unpackInChild(layer, trees, { ...lifted, ratio: 2000 });
    expect(bySize.outcome.message).toMatch(/limit totalBytes/);
    for (const { cpuMs, peakBytes } of [byHeader, byRatio, bySize]) {
      expect(cpuMs).toBeLessThan(5000);
      // The imports alone take about 120 MiB, and the bomb would be 320.
      expect(peakBytes).toBeLessThan(260 * mebibyte);
    }
    expect(await readdir(trees)).toEqual([]);
  });

  it('needs no more memory for a large artifact than for a small one', async () => {
    const small = await unpackInChild(
      await writeLayer('small.tgz', manyFiles(10, 1000)),
      path.join(directory, 'small'),
    );
    const large = await unpackInChild(
      await writeLayer('large.tgz', manyFiles(600, 300_000)),
      path.join(directory, 'large'),
    );
    expect(large.outcome).toMatchObject({ kind: 'accepted', files: 600 });
    // 180 MB of files; a garbage collector that is in no hurry lets some of them lie for a while.
    expect(large.peakBytes - small.peakBytes).toBeLessThan(110 * mebibyte);
  });

  it('keeps the event loop turning', async () => {
    const layer = gzipSync(
      tarOf(...Array.from({ length: 1000 }, (_, index) => ({ name: `f${index}`, body: 'x'.repeat(2000) }))),
    );
    const stage = createUnpackStage({
      treesDirectory: path.join(directory, 'turning'),
      open: () => inChunks(layer),
    });
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    const fetched = {
      revision: 'v1',
      layer: { mediaType: 'x', digest: 'sha256:1', size: layer.length },
      annotations: {},
    };
    await stage.unpack(sourceWith(), fetched, new AbortController().signal);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
  });
});

/** A disk of one MiB, mounted where only the child sees it. */
const smallDisk = (command: string): readonly string[] => [
  '--user',
  '--map-root-user',
  '--mount',
  '--',
  'sh',
  '-c',
  `mount -t tmpfs -o size=1m,nr_inodes=200 none "$1" && shift && ${command}`,
  'sh',
];
const canMount = spawnSync('unshare', [...smallDisk('true'), tmpdir()]).status === 0;
if (!canMount)
  console.info(
    'unpack on a full disk: skipped, this system lets nobody mount a small disk (unshare --user --mount)',
  );

describe.skipIf(!canMount)('unpack on a full disk', () => {
  it.each([
    ['space', () => manyFiles(40, 60_000)],
    ['inodes', () => manyFiles(400, 10)],
  ])('leaves no tree when %s runs out', async (what, tar) => {
    const layer = await writeLayer(`${what}.tgz`, tar());
    const disk = path.join(directory, `disk-${what}`);
    await mkdir(disk);
    const show = path.join(directory, 'show.sh');
    await writeFile(show, '"$@"; ls -A "$4"\n');
    const command = 'exec sh "$@"';
    const arguments_ = [
      ...smallDisk(command),
      disk,
      show,
      process.execPath,
      child,
      layer,
      `${disk}/trees`,
      '{}',
    ];
    const { stdout, stderr, status } = spawnSync('unshare', arguments_, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const [report = '{}', ...left] = stdout.trimEnd().split('\n');
    expect((JSON.parse(report) as Report).outcome).toMatchObject({
      kind: 'refused',
      code: 'DISK_FAILED',
      message: expect.stringMatching(/ENOSPC/),
    });
    expect(left).toEqual([]);
  });
});
