import { createHasher, type Hasher, parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import { readFileChunks } from './read-file.ts';
import type { TempFile } from './temp-file.ts';

/** Content on its way into a layout: grows on disk under a temporary name, and enters only under its own digest. */
export class IncomingBlob {
  readonly #file: TempFile;
  #hasher: Hasher | undefined;
  readonly #place: (digest: string) => Promise<string>;

  constructor(file: TempFile, hasher: Hasher, place: (digest: string) => Promise<string>) {
    this.#file = file;
    this.#hasher = hasher;
    this.#place = place;
  }

  get size(): number {
    return this.#file.size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#file.append(bytes);
    this.#hasher?.update(bytes);
  }

  /** All that comes, from the first byte on, is checked by its source: `accept` believes it. */
  trust(): void {
    this.#hasher = undefined;
  }

  /** Ends the content; when this returns it is durable. @throws OciError `digest-mismatch`; then it must be discarded. */
  async accept(digest: string): Promise<void> {
    if (this.#hasher !== undefined) await this.#check(digest, this.#hasher.digest());
    await this.#file.moveTo(await this.#place(digest));
  }

  /** Returns once all bytes so far are in the file. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** Leaves what came so far where it grew, instead of `discard`. */
  async keep(): Promise<void> {
    await this.#file.keep();
  }

  /** May be called at any time, also twice. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }

  async #check(digest: string, own: string): Promise<void> {
    const { algorithm } = parseDigest(digest);
    const found = own.startsWith(`${algorithm}:`) ? own : await this.#rehash(algorithm);
    if (found === digest) return;
    throw new OciError('digest-mismatch', digest, `expected content of this digest, got ${found}`);
  }

  async #rehash(algorithm: string): Promise<string> {
    const hasher = createHasher(algorithm);
    await this.#file.flush();
    for await (const chunk of readFileChunks(this.#file.path, 'incoming content')) hasher.update(chunk);
    return hasher.digest();
  }
}
