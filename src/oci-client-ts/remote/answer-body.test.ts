import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerBody } from './answer-body.ts';

const mebibyte = 2 ** 20;

/** A connection that only notes what it is told. */
function flow() {
  const told: string[] = [];
  return {
    told,
    pause: () => void told.push('pause'),
    resume: () => void told.push('resume'),
    abort: (reason: Error) => void told.push(`abort: ${reason.message}`),
  };
}

function numbered(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + (at >> 8)) % 251));
}

/** Adds parts of these sizes out of one memory, as a socket does that reads into the same buffer again and again. */
async function feed(body: AnswerBody, content: Uint8Array, sizes: readonly number[]): Promise<void> {
  const memory = Buffer.alloc(64 * 1024);
  for (let at = 0, part = 0; at < content.byteLength; part += 1) {
    const piece = content.subarray(at, at + (sizes[part % sizes.length] ?? 1));
    memory.set(piece);
    body.add(memory.subarray(0, piece.byteLength));
    memory.fill(0xff);
    at += piece.byteLength;
    if (part % 3 === 0) await setImmediate();
  }
  body.end();
}

describe('the body of an answer', () => {
  it.each([
    ['kept', false],
    ['lent', true],
  ])('is what came, in whatever parts, with chunks %s', async (_how, lend) => {
    const content = numbered(3 * mebibyte);
    const sizes = fc.array(fc.integer({ min: 1, max: 64 * 1024 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: content.byteLength }), async (parts, length) => {
        const wanted = content.subarray(0, Math.min(length, 4000 * Math.min(...parts)));
        const body = new AnswerBody(flow());
        const fed = feed(body, wanted, parts);
        const chunks: Uint8Array[] = [];
        for await (const chunk of body.chunks(lend)) chunks.push(lend ? Uint8Array.from(chunk) : chunk);
        await fed;
        expect(Buffer.concat(chunks).equals(wanted)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('uses the memory of lent chunks again, and of others never', async () => {
    const memories = async (lend: boolean): Promise<number> => {
      const body = new AnswerBody(flow());
      const seen = new Set<ArrayBufferLike>();
      const fed = feed(body, numbered(8 * mebibyte), [64 * 1024]);
      for await (const chunk of body.chunks(lend)) seen.add(chunk.buffer);
      await fed;
      return seen.size;
    };
    expect(await memories(true)).toBeLessThan(12);
    expect(await memories(false)).toBeGreaterThan(15);
  });

  it('comes in few large chunks when it comes fast, and at once when it does not', async () => {
    const body = new AnswerBody(flow());
    const chunks = body.chunks(false);
    let next = chunks.next();
    body.add(Buffer.from('a few '));
    body.add(Buffer.from('bytes'));
    expect(`${(await next).value}`).toBe('a few bytes');
    next = chunks.next();
    for (let part = 0; part < 8; part += 1) body.add(Buffer.alloc(8192));
    expect((await next).value?.byteLength).toBeGreaterThan(4 * 1024 - 100);
    expect((await chunks.next()).value?.byteLength).toBe(16 * 1024);
    body.end();
  });

  it('stops the connection while two megabytes wait, and lets it go on behind a reader', async () => {
    const connection = flow();
    const body = new AnswerBody(connection);
    const part = Buffer.alloc(64 * 1024);
    for (let count = 0; count < 31; count += 1) body.add(part);
    expect(connection.told).toEqual([]);
    body.add(part);
    expect(connection.told).toEqual(['pause']);
    const chunks = body.chunks(false);
    for (let read = 0; read < mebibyte; read += (await chunks.next()).value?.byteLength ?? mebibyte);
    expect(connection.told).toEqual(['pause', 'resume']);
  });

  it('gives what came before it broke off', async () => {
    const body = new AnswerBody(flow());
    body.add(Buffer.from('half'));
    body.fail(new Error('cut'));
    const chunks = body.chunks(false);
    expect(`${(await chunks.next()).value}`).toBe('half');
    await expect(chunks.next()).rejects.toThrow('cut');
  });

  it('ends a waiting reader and the connection when it is given up', async () => {
    const connection = flow();
    const body = new AnswerBody(connection);
    const waiting = body.chunks(false).next();
    body.add(Buffer.from('late'));
    body.destroy(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    expect(connection.told).toEqual(['abort: given up']);
  });

  it('leaves the connection alone once all has come, and ends it for a reader who leaves before', async () => {
    const [whole, part] = [flow(), flow()];
    const [complete, incomplete] = [new AnswerBody(whole), new AnswerBody(part)];
    for (const body of [complete, incomplete]) body.add(Buffer.from('bytes'));
    complete.end();
    for (const body of [complete, incomplete]) for await (const _ of body) break;
    expect(whole.told).toEqual([]);
    expect(part.told).toHaveLength(1);
  });
});
