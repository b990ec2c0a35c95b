import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { tarEntry, zeroBlock } from '../fixtures/tar-builder.ts';

/**
 * Unpack throughput: `node test/bench/unpack.ts [directory]`. 50 MB of YAML-like text in 5,000 files of 400 directories; give a directory on
 * tmpfs to measure the work alone, one on a disk to measure its flushes too. CPU time is the number held against the budget of 100 MB/s a core.
 */
const files = 5000;
const fileBytes = 10_000;
const rounds = 5;

/** Lines with some digits in them, so that gzip finds about as much as in manifests. */
function bodyOf(index: number): Buffer {
  const lines: string[] = [];
  for (let line = 0; lines.length * 44 < fileBytes; line += 1) {
    const digest = createHash('sha1').update(`${index}/${line}`).digest('hex').slice(0, 12);
    lines.push(`        - name: value-${line}\n          value: ${digest}`);
  }
  return Buffer.from(lines.join('\n').slice(0, fileBytes));
}

function makeTar(): Buffer {
  const entries = Array.from({ length: files }, (_, index) =>
    tarEntry({ name: `apps/team-${index % 400}/object-${index}.yaml`, body: bodyOf(index) }),
  );
  return Buffer.concat([...entries, zeroBlock, zeroBlock]);
}

interface Round {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Resident memory once everything is imported, and at most. */
  readonly baseBytes: number;
  readonly peakBytes: number;
}

/** In a process of its own, so that nothing but the unpack is in its memory; start and imports are not counted. */
async function unpackOnce(layer: string, trees: string): Promise<Round> {
  const child = path.join(import.meta.dirname, 'unpack-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [child, layer, trees]);
  await rm(trees, { recursive: true });
  return JSON.parse(stdout) as Round;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

const root = await mkdtemp(path.join(process.argv[2] ?? tmpdir(), 'sealift-bench-'));
try {
  const tar = makeTar();
  const megabytes = tar.length / 1e6;
  const compressed = await promisify(gzip)(tar);
  const layer = path.join(root, 'layer.tgz');
  await writeFile(layer, compressed);
  const results: Round[] = [];
  for (let round = 0; round < rounds; round += 1)
    results.push(await unpackOnce(layer, path.join(root, 'trees')));
  const cpu = median(results.map(({ cpuMs }) => cpuMs));
  const wall = median(results.map(({ wallMs }) => wallMs));
  const peak = median(results.map(({ peakBytes }) => peakBytes));
  const base = median(results.map(({ baseBytes }) => baseBytes));
  const perSecond = (ms: number): string =>
    `${ms.toFixed(0)} ms = ${((megabytes / ms) * 1000).toFixed(0)} MB/s`;
  process.stdout.write(
    `${megabytes.toFixed(1)} MB of tar (${(compressed.length / 1e6).toFixed(1)} MB gzip), ${files} files, median of ${rounds}\n` +
      `wall ${perSecond(wall)}; CPU ${perSecond(cpu)} a core; peak resident memory ${(peak / 2 ** 20).toFixed(0)} MiB, ${((peak - base) / 2 ** 20).toFixed(0)} MiB of it for the unpack\n`,
  );
} finally {
  await rm(root, { recursive: true, force: true });
}
