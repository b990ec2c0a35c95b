import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ByteRange, readFileChunks } from './read-file.ts';

const piece = 256 * 1024;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sealift-read-file-'));
  file = path.join(folder, 'blob');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const content = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, at) => at % 251));

async function chunksOf(range?: ByteRange): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readFileChunks(file, 'blob', range)) chunks.push(chunk);
  return chunks;
}

describe('a file read in pieces', () => {
  it.each([0, 1, 500, piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 7])(
    'gives all of its %d bytes',
    async (bytes) => {
      await writeFile(file, content(bytes));
      const chunks = await chunksOf();
      expect(Buffer.concat(chunks).equals(content(bytes))).toBe(true);
      expect(chunks.every(({ byteLength }) => byteLength > 0 && byteLength <= piece)).toBe(true);
    },
  );

  it('takes no more memory than a small file has: sites read thousands of manifests in a row', async () => {
    await writeFile(file, content(500));
    const [chunk] = await chunksOf();
    expect(chunk?.buffer.byteLength).toBeLessThanOrEqual(501);
  });

  it('gives the range that was asked for', async () => {
    await writeFile(file, content(piece + 500));
    const range = { start: 100, end: piece + 200 };
    const chunks = await chunksOf(range);
    expect(Buffer.concat(chunks).equals(content(piece + 500).subarray(100, piece + 200))).toBe(true);
  });

  it('gives what is written while it is read', async () => {
    await writeFile(file, content(piece));
    const chunks: Uint8Array[] = [];
    for await (const chunk of readFileChunks(file, 'blob')) {
      if (chunks.length === 0) await appendFile(file, content(piece + 3));
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).byteLength).toBe(2 * piece + 3);
  });
});
