import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { createUnpackStage } from '../../src/artifact/index.ts';
import { tarEntry, zeroBlock } from '../fixtures/tar-builder.ts';
import { sourceWith } from '../fixtures/unpack-sandbox.ts';

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
}

async function unpackOnce(layer: string, trees: string): Promise<Round> {
  const stage = createUnpackStage({ treesDirectory: trees, open: () => createReadStream(layer) });
  const fetched = { revision: 'v1', layer: { mediaType: 'x', digest: 'sha256:0', size: 0 }, annotations: {} };
  const cpu = process.cpuUsage();
  const start = performance.now();
  await stage.unpack(sourceWith(), fetched, new AbortController().signal);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  await rm(trees, { recursive: true });
  return { wallMs, cpuMs: (user + system) / 1000 };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

const root = await mkdtemp(path.join(process.argv[2] ?? tmpdir(), 'sealift-bench-'));
try {
  let tar: Buffer | undefined = makeTar();
  const megabytes = tar.length / 1e6;
  const compressed = await promisify(gzip)(tar);
  tar = undefined;
  const layer = path.join(root, 'layer.tgz');
  await writeFile(layer, compressed);
  const results: Round[] = [];
  for (let round = 0; round < rounds; round += 1)
    results.push(await unpackOnce(layer, path.join(root, 'trees')));
  const cpu = median(results.map(({ cpuMs }) => cpuMs));
  const wall = median(results.map(({ wallMs }) => wallMs));
  process.stdout.write(
    `${megabytes.toFixed(1)} MB of tar (${(compressed.length / 1e6).toFixed(1)} MB gzip), ${files} files, median of ${rounds}\n` +
      `wall ${wall.toFixed(0)} ms = ${((megabytes / wall) * 1000).toFixed(0)} MB/s; ` +
      `CPU ${cpu.toFixed(0)} ms = ${((megabytes / cpu) * 1000).toFixed(0)} MB/s a core\n` +
      `peak resident memory, with what made the archive: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB\n`,
  );
} finally {
  await rm(root, { recursive: true, force: true });
}
