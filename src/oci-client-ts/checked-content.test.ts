import { array, assert, asyncProperty, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedContent, readAll, sha256 } from './index.ts';
import { blobOf, collect } from './store-contract.ts';

const { bytes, descriptor } = blobOf('content');

async function* pieces(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('checkedContent', () => {
  it('passes right content on, however it is cut', async () => {
    await assert(
      asyncProperty(array(uint8Array()), async (chunks) => {
        const whole = Buffer.concat(chunks);
        const about = { mediaType: 'a/b', digest: sha256(whole), size: whole.byteLength };
        expect(Buffer.concat(await collect(checkedContent(pieces(...chunks), about)))).toEqual(whole);
      }),
    );
  });

  it.each([
    ['one byte less', bytes.subarray(1), 'size-mismatch'],
    ['nothing', new Uint8Array(), 'size-mismatch'],
    ['one byte more', Buffer.concat([bytes, Buffer.from('!')]), 'size-mismatch'],
    ['another byte', Buffer.from('Content'), 'digest-mismatch'],
  ])('ends with an error on %s', async (_what, content, code) => {
    await expect(collect(checkedContent(content, descriptor))).rejects.toMatchObject({ code });
  });

  it('never yields more than the size, even when the source never ends', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield bytes;
    }
    let count = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of checkedContent(endless(), { ...descriptor, size: 20 }))
        count += chunk.byteLength;
    };
    await expect(read()).rejects.toMatchObject({ code: 'size-mismatch' });
    expect(count).toBe(14);
  });

  it('reads nothing under an algorithm it cannot compute', async () => {
    const unknown = { ...descriptor, digest: 'blake3:00' };
    await expect(collect(checkedContent(bytes, unknown))).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('readAll', () => {
  it('joins the pieces up to the limit, and stops one byte beyond it', async () => {
    expect(await readAll(pieces(bytes, bytes), 14, 'it')).toEqual(Uint8Array.from([...bytes, ...bytes]));
    await expect(readAll(pieces(bytes, bytes), 13, 'it')).rejects.toMatchObject({
      code: 'too-large',
      subject: 'it',
    });
  });
});
