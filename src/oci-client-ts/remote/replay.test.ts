import { describe, expect, it } from 'vitest';
import { collect } from '../collect.ts';
import { blobOf } from '../store-contract.ts';
import { type Replay, readPart, replayOf } from './replay.ts';

const blob = blobOf('0123456789'.repeat(10));
const megabyte = 1024 * 1024;

async function* inPieces(bytes: Uint8Array, piece: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += piece) yield bytes.subarray(at, at + piece);
}

const rest = async (replay: Replay, offset: number): Promise<string> =>
  Buffer.concat(await collect(replay.from(offset))).toString();

describe.each([
  ['in memory', () => replayOf(blob.descriptor, blob.bytes)],
  ['as a stream', () => replayOf(blob.descriptor, inPieces(blob.bytes, 7))],
])('content %s', (_what, open) => {
  it('is read from anywhere, more than once', async () => {
    const replay = await open();
    const text = Buffer.from(blob.bytes).toString();
    expect(await rest(replay, 0)).toBe(text);
    expect(await rest(replay, 33)).toBe(text.slice(33));
    expect(await rest(replay, 100)).toBe('');
    expect(Buffer.from(await readPart(replay, 90, 20)).toString()).toBe('0123456789');
    expect(replay.reaches(0)).toBe(true);
  });

  it('is read on by the next reader after one that left in the middle', async () => {
    const replay = await open();
    for await (const _ of replay.from(0)) break;
    expect(await rest(replay, 50)).toBe('0123456789'.repeat(5));
    expect(await rest(replay, 0)).toHaveLength(100);
  });
});

describe('a stream', () => {
  it('is kept in part: what is far behind cannot be sent again', async () => {
    const bytes = new Uint8Array(6 * megabyte);
    const { descriptor } = blobOf(Buffer.from(bytes).toString('latin1'));
    const replay = await replayOf(descriptor, inPieces(bytes, megabyte));
    for await (const _ of replay.from(0));
    expect([0, 1, 2].map((at) => replay.reaches(at * megabyte))).toEqual([false, false, true]);
    expect(await readPart(replay, 2 * megabyte, megabyte)).toHaveLength(megabyte);
  });

  it('is read by two readers at once without losing or doubling a piece', async () => {
    const replay = await replayOf(blob.descriptor, inPieces(blob.bytes, 3));
    const [one, two] = await Promise.all([rest(replay, 0), rest(replay, 0)]);
    expect(one).toBe(Buffer.from(blob.bytes).toString());
    expect(two).toBe(one);
  });

  it.each([
    ['wrong', inPieces(Buffer.from(`x${'0'.repeat(99)}`), 10), 'digest-mismatch'],
    ['too short', inPieces(blob.bytes.subarray(0, 99), 10), 'size-mismatch'],
    ['too long', inPieces(Buffer.from('0123456789'.repeat(11)), 10), 'size-mismatch'],
  ])('that is %s never gets complete, and is known to be at fault', async (_what, source, code) => {
    const replay = await replayOf(blob.descriptor, source);
    const got: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of replay.from(0)) got.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code });
    expect(Buffer.concat(got).byteLength).toBeLessThan(100);
    expect(replay.failure).toMatchObject({ error: { code } });
  });
});
