import type { Descriptor } from './descriptor.ts';
import { createHasher, parseDigest } from './digest.ts';
import { OciError } from './errors.ts';

/**
 * Passes bytes on while counting and hashing them. Reading to the end without an error means size and digest are right; no more than
 * `descriptor.size` bytes ever come out. @throws OciError `size-mismatch`, `digest-mismatch`, `unsupported` (digest algorithm).
 */
export async function* checkedContent(
  source: AsyncIterable<Uint8Array> | Uint8Array,
  descriptor: Descriptor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hasher = createHasher(parseDigest(descriptor.digest).algorithm);
  let count = 0;
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    count += chunk.byteLength;
    if (count > descriptor.size) throw sizeMismatch(descriptor, `at least ${count}`);
    hasher.update(chunk);
    yield chunk;
  }
  if (count !== descriptor.size) throw sizeMismatch(descriptor, `${count}`);
  const found = hasher.digest();
  if (found !== descriptor.digest) {
    throw new OciError('digest-mismatch', descriptor.digest, `expected content of this digest, got ${found}`);
  }
}

function sizeMismatch(descriptor: Descriptor, got: string): OciError {
  return new OciError('size-mismatch', descriptor.digest, `expected ${descriptor.size} bytes, got ${got}`);
}

/** The whole content in memory. @throws OciError `too-large` as soon as more than `limitBytes` came. */
export async function readAll(
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
  subject: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let count = 0;
  for await (const chunk of source) {
    count += chunk.byteLength;
    if (count > limitBytes) {
      throw new OciError('too-large', subject, `expected at most ${limitBytes} bytes, got at least ${count}`);
    }
    chunks.push(chunk);
  }
  const content = new Uint8Array(count);
  let offset = 0;
  for (const chunk of chunks) {
    content.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return content;
}
