import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { abortable, releaseSource } from '../abortable.ts';
import { checkedContent } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { createHasher, parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import type { BlobShelf } from '../indexed-store.ts';
import { IncomingBlob } from './incoming-blob.ts';
import { type ByteRange, isAbsence, readFileChunks } from './read-file.ts';
import { makeDirectory, TempFile } from './temp-file.ts';

/** The content-addressed files of a layout: `blobs/<algorithm>/<encoded>`. */
export class BlobFiles implements BlobShelf {
  readonly #directory: string;
  readonly #incoming: string;

  /** @param incoming where files grow; the same file system as `directory`. */
  constructor(directory: string, incoming: string) {
    this.#directory = directory;
    this.#incoming = incoming;
  }

  async size(digest: string): Promise<number | undefined> {
    try {
      const found = await stat(this.#path(digest));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  /** Unchecked: the caller compares, or serves a part that cannot be compared. */
  read(digest: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return readFileChunks(this.#path(digest), digest, range);
  }

  async write(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    if (await this.#isIntact(descriptor)) return releaseSource(content);
    const incoming = await this.receive(parseDigest(descriptor.digest).algorithm);
    try {
      for await (const chunk of abortable(checkedSize(content, descriptor), signal)) {
        await incoming.append(chunk);
      }
      await incoming.accept(descriptor.digest);
    } catch (error) {
      await incoming.discard();
      throw error;
    }
  }

  /** Opens a file for content whose digest is told at the end. It must be accepted or discarded. */
  async receive(algorithm = 'sha256'): Promise<IncomingBlob> {
    const hasher = createHasher(algorithm);
    const file = await TempFile.create(this.#incoming);
    return new IncomingBlob(file, hasher, async (digest) => {
      const path = this.#path(digest);
      await makeDirectory(dirname(path));
      return path;
    });
  }

  async remove(digest: string): Promise<void> {
    await rm(this.#path(digest), { force: true });
  }

  /** A file of the right name and size may still be rotten: only its digest tells, and then it is written anew. */
  async #isIntact(descriptor: Descriptor): Promise<boolean> {
    if ((await this.size(descriptor.digest)) !== descriptor.size) return false;
    try {
      for await (const _ of checkedContent(this.read(descriptor.digest), descriptor));
      return true;
    } catch (error) {
      if (error instanceof OciError) return false;
      throw error;
    }
  }

  #path(digest: string): string {
    const { algorithm, encoded } = parseDigest(digest);
    return join(this.#directory, algorithm, encoded);
  }
}

async function* checkedSize(
  content: AsyncIterable<Uint8Array> | Uint8Array,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array, void, undefined> {
  let count = 0;
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    count += chunk.byteLength;
    if (count > size) {
      throw new OciError('size-mismatch', digest, `expected ${size} bytes, got at least ${count}`);
    }
    yield chunk;
  }
  if (count !== size) throw new OciError('size-mismatch', digest, `expected ${size} bytes, got ${count}`);
}
