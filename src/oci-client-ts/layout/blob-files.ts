import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { abortable, releaseSource } from '../abortable.ts';
import { checkedContent } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { createHasher, parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import type { BlobShelf } from '../indexed-store.ts';
import { maxManifestBytes } from '../manifest.ts';
import type { Fetcher, Resumer, Transfer } from '../store.ts';
import { IncomingBlob } from './incoming-blob.ts';
import { makeDirectory } from './make-directory.ts';
import { isOpenPartial, isPartialName, PartialBlobs } from './partial-blobs.ts';
import { type ByteRange, isAbsence, readFileChunks } from './read-file.ts';
import { TempFile } from './temp-file.ts';

export type Removal =
  | { readonly kind: 'removed'; readonly bytes: number }
  /** Gone already, or asked for in the meantime. */
  | { readonly kind: 'absent' | 'fresh' };

export interface IncomingRemoval {
  readonly files: number;
  readonly bytes: number;
  /** Files that are still fresh. */
  readonly waiting: number;
}

/** Tells by the time of its last write, in milliseconds since the epoch, whether a file may still be wanted. */
export type IsFresh = (writtenAt: number) => boolean;

/** The content-addressed files of a layout: `blobs/<algorithm>/<encoded>`. */
export class BlobFiles implements BlobShelf {
  readonly #directory: string;
  readonly #incoming: string;
  readonly #partials: PartialBlobs;

  /** @param incoming where files grow; the same file system as `directory`. */
  constructor(directory: string, incoming: string) {
    this.#directory = directory;
    this.#incoming = incoming;
    this.#partials = new PartialBlobs(incoming, this);
  }

  async size(digest: string): Promise<number | undefined> {
    return (await this.status(digest))?.size;
  }

  /** Bytes, and milliseconds since the epoch when the content was written or last asked for; undefined when it is absent. */
  async status(digest: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
    return statusOf(this.#path(digest));
  }

  /** Says that content is about to be named, so that it is not collected meanwhile. False when it is absent. */
  async renew(digest: string): Promise<boolean> {
    const now = new Date();
    try {
      await utimes(this.#path(digest), now, now);
      return true;
    } catch (error) {
      if (isAbsence(error)) return false;
      // A medium that cannot be written is not collected either.
      if (isCode(error, 'EROFS', 'EACCES', 'EPERM')) return true;
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
    if ((await this.#isIntact(descriptor)) && (await this.renew(descriptor.digest)))
      return releaseSource(content);
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

  async pull(descriptor: Descriptor, from: Fetcher & Resumer, options: Transfer): Promise<void> {
    if ((await this.#isIntact(descriptor)) && (await this.renew(descriptor.digest))) return;
    await this.#partials.fetch(descriptor, from, options);
  }

  /** Opens a file for content whose digest is told at the end. It must be accepted or discarded. */
  async receive(algorithm = 'sha256', name?: string): Promise<IncomingBlob> {
    const hasher = createHasher(algorithm);
    const file = await TempFile.create(this.#incoming, name);
    return new IncomingBlob(file, hasher, async (digest) => {
      const path = this.#path(digest);
      await makeDirectory(dirname(path));
      return path;
    });
  }

  async remove(digest: string): Promise<void> {
    await rm(this.#path(digest), { force: true });
  }

  /** Digests of all content, in no order; other files are passed over. */
  async *list(): AsyncGenerator<string, void, undefined> {
    for (const algorithm of await readdir(this.#directory, { withFileTypes: true })) {
      if (!algorithm.isDirectory()) continue;
      for (const file of await readdir(join(this.#directory, algorithm.name), { withFileTypes: true })) {
        const digest = `${algorithm.name}:${file.name}`;
        if (file.isFile() && isDigest(digest)) yield digest;
      }
    }
  }

  /** True for what may be a manifest, and for some other content. */
  async beginsAsJson(digest: string): Promise<boolean> {
    const size = (await this.size(digest)) ?? 0;
    if (size === 0 || size > maxManifestBytes) return false;
    try {
      for await (const [first] of this.read(digest, { start: 0, end: 1 })) return jsonStarts.has(first);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
    }
    return false;
  }

  /**
   * Removes content unless it is fresh. It is taken out of sight first and looked at then: who asks for it later finds it absent, who asked
   * before has made it fresh.
   */
  async removeUnless(digest: string, isFresh: IsFresh): Promise<Removal> {
    const path = this.#path(digest);
    const found = await statusOf(path);
    if (found === undefined) return { kind: 'absent' };
    if (isFresh(found.mtimeMs)) return { kind: 'fresh' };
    await makeDirectory(this.#incoming);
    const aside = join(this.#incoming, `${process.pid}-${randomUUID()}`);
    try {
      await rename(path, aside);
    } catch (error) {
      if (isAbsence(error)) return { kind: 'absent' };
      throw error;
    }
    const taken = await statusOf(aside);
    if (taken !== undefined && isFresh(taken.mtimeMs)) {
      await rename(aside, path);
      return { kind: 'fresh' };
    }
    await rm(aside, { force: true });
    return { kind: 'removed', bytes: found.size };
  }

  /** Removes what began to come in and is not fresh any more, and what came of blobs unless it is kept for another try. */
  async removeIncoming(isFresh: IsFresh, isKept: IsFresh): Promise<IncomingRemoval> {
    let [files, bytes, waiting] = [0, 0, 0];
    for (const name of await namesIn(this.#incoming)) {
      const path = join(this.#incoming, name);
      const found = await statusOf(path);
      if (found === undefined) continue;
      if (isPartialName(name) && (isOpenPartial(name) || isKept(found.mtimeMs))) continue;
      if (isFresh(found.mtimeMs)) {
        waiting += 1;
        continue;
      }
      await rm(path, { force: true });
      files += 1;
      bytes += found.size;
    }
    return { files, bytes, waiting };
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

/** `{`, or the blanks that may stand before it. */
const jsonStarts: ReadonlySet<number | undefined> = new Set([0x7b, 0x20, 0x09, 0x0a, 0x0d]);

async function statusOf(
  path: string,
): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function isDigest(text: string): boolean {
  try {
    parseDigest(text);
    return true;
  } catch {
    return false;
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
