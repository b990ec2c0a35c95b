import type { Descriptor } from './descriptor.ts';
import { createHasher, type Hasher, parseDigest } from './digest.ts';
import { OciError } from './errors.ts';

/** Counts and hashes content as it comes, against its descriptor. @throws OciError `unsupported` for its digest algorithm. */
export class ContentCheck {
  readonly #descriptor: Descriptor;
  readonly #hasher: Hasher;
  #count = 0;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
    this.#hasher = createHasher(parseDigest(descriptor.digest).algorithm);
  }

  /** Bytes so far. */
  get count(): number {
    return this.#count;
  }

  /** Digest of the bytes so far. */
  get digest(): string {
    return this.#hasher.soFar();
  }

  /** @throws OciError `size-mismatch` as soon as there are too many bytes. */
  add(chunk: Uint8Array): void {
    this.countIn(chunk);
    this.hash(chunk);
  }

  /** The first half of `add`. */
  countIn(chunk: Uint8Array): void {
    this.#count += chunk.byteLength;
    if (this.#count > this.#descriptor.size) throw sizeMismatch(this.#descriptor, `at least ${this.#count}`);
  }

  /** The second half of `add`, in the same order of chunks. */
  hash(chunk: Uint8Array): void {
    this.#hasher.update(chunk);
  }

  /** Returning means that the bytes are right and complete. @throws OciError `size-mismatch`, `digest-mismatch`. */
  end(): void {
    const { digest, size } = this.#descriptor;
    if (this.#count !== size) throw sizeMismatch(this.#descriptor, `${this.#count}`);
    const found = this.#hasher.digest();
    if (found === digest) return;
    throw new OciError('digest-mismatch', digest, `expected content of this digest, got ${found}`);
  }
}

/**
 * Passes bytes on while counting and hashing them. Reading to the end without an error means size and digest are right; no more than
 * `descriptor.size` bytes ever come out. @throws OciError `size-mismatch`, `digest-mismatch`, `unsupported` (digest algorithm).
 */
export async function* checkedContent(
  source: AsyncIterable<Uint8Array> | Uint8Array,
  descriptor: Descriptor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = new ContentCheck(descriptor);
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    check.add(chunk);
    yield chunk;
  }
  check.end();
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
