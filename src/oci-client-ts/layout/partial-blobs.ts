import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { abortable } from '../abortable.ts';
import type { Descriptor } from '../descriptor.ts';
import { parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import type { Fetcher, Resumer, Transfer } from '../store.ts';
import { isVouched } from '../vouched.ts';
import type { IncomingBlob } from './incoming-blob.ts';
import { isRunning, placeMark } from './process-place.ts';
import { isAbsence, readFileChunks } from './read-file.ts';

/** Milliseconds for which the part of a blob that came stays for another try: a site may be cut off for a night. */
export const partialMs: number = 24 * 60 * 60 * 1000;

/** Parts that nobody writes to. Each may be as large as a layer, and a site wants a few at a time. */
const maxPartials = 8;

/** Milliseconds without a byte after which a part counts as left: its writer has met the limits of silence and of tries by then. */
const leftMs = 10 * 60 * 1000;

/** Less than this comes again sooner than it is looked after. */
const minPartialBytes = 4096;

const prefix = 'partial-';

/** Names that this process writes to: one with its process id that is not among them is of an earlier life of the same id. */
const openNames = new Set<string>();

interface BlobPlace {
  size(digest: string): Promise<number | undefined>;
  /** Opens a file of this name, where files grow. */
  receive(algorithm: string, name: string): Promise<IncomingBlob>;
}

interface Part {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly writtenAt: number;
  /** Nobody writes to it any more, as far as can be told from here. */
  readonly isLeft: boolean;
}

/** True for a part that is kept for another try, or being written for one. */
export function isPartialName(name: string): boolean {
  return name.startsWith(prefix);
}

/** True while this process writes to it. */
export function isOpenPartial(name: string): boolean {
  return openNames.has(name);
}

/**
 * Blobs that come over links which break, into processes which end: what came stays under the name of its digest, and the next try goes on
 * behind it. A part is copied, never written on by another: should its writer still be alive, both end with the whole blob.
 */
export class PartialBlobs {
  readonly #directory: string;
  readonly #place: BlobPlace;

  constructor(directory: string, place: BlobPlace) {
    this.#directory = directory;
    this.#place = place;
  }

  /** Fetches a blob, from where an earlier try stopped. @throws OciError of the source; then what came is kept. */
  async fetch(descriptor: Descriptor, from: Fetcher & Resumer, options: Transfer): Promise<void> {
    await this.#prune();
    const lending = { ...options, lend: true };
    const part = await this.#largestPart(descriptor);
    if (part !== undefined && (await this.#resume(descriptor, part, from, lending))) return;
    await this.#receive(descriptor, options.signal, () => from.fetch(descriptor, lending));
  }

  /** False when the part was worth nothing; it is gone then, unless somebody still writes to it. */
  async #resume(
    descriptor: Descriptor,
    part: Part,
    from: Fetcher & Resumer,
    options: Transfer,
  ): Promise<boolean> {
    const { signal } = options;
    try {
      await this.#receive(descriptor, signal, (incoming) =>
        from.fetchRest(descriptor, copied(part, incoming, signal), options),
      );
      return true;
    } catch (error) {
      if (signal?.aborted || !(isWrong(error) || isGone(error, part))) throw error;
      if (part.isLeft) await rm(part.path, { force: true });
      return false;
    }
  }

  async #receive(
    descriptor: Descriptor,
    signal: AbortSignal | undefined,
    open: (incoming: IncomingBlob) => AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { algorithm } = parseDigest(descriptor.digest);
    const name = `${nameOf(descriptor)}${await placeMark()}-${process.pid}-${randomUUID()}`;
    openNames.add(name);
    try {
      const incoming = await this.#place.receive(algorithm, name);
      try {
        const content = open(incoming);
        if (isVouched(content)) incoming.trust();
        await fill(incoming, abortable(content, signal), descriptor);
        await incoming.accept(descriptor.digest);
      } catch (error) {
        await this.#leave(descriptor, incoming, isOfTheWay(error, signal));
        if (!(await this.#cameMeanwhile(descriptor, error))) throw error;
      }
    } finally {
      openNames.delete(name);
    }
    await this.#forget(descriptor);
  }

  /** Keeps what came, unless there is as much already. */
  async #leave(descriptor: Descriptor, incoming: IncomingBlob, isWanted: boolean): Promise<void> {
    const { size } = incoming;
    const isMore = ((await this.#largestPart(descriptor))?.bytes ?? 0) < size;
    if (isWanted && isMore && size >= minPartialBytes) await incoming.keep();
    else await incoming.discard();
  }

  /** Another writer had the same content whole first, and took our file for left behind. */
  async #cameMeanwhile({ digest, size }: Descriptor, error: unknown): Promise<boolean> {
    return isAbsence(error) && (await this.#place.size(digest)) === size;
  }

  async #largestPart(descriptor: Descriptor): Promise<Part | undefined> {
    const parts = await this.#partsOf(descriptor);
    return parts
      .filter(({ bytes }) => bytes >= minPartialBytes && bytes <= descriptor.size)
      .sort((one, other) => other.bytes - one.bytes)[0];
  }

  async #forget(descriptor: Descriptor): Promise<void> {
    for (const { path } of await this.#partsOf(descriptor)) await rm(path, { force: true });
  }

  #partsOf(descriptor: Descriptor): Promise<readonly Part[]> {
    const own = nameOf(descriptor);
    return this.#list((name) => name.startsWith(own));
  }

  /** Keeps age and number of the parts that nobody writes to within their limits. */
  async #prune(): Promise<void> {
    const parts = (await this.#list(isPartialName)).filter(({ isLeft }) => isLeft);
    parts.sort((one, other) => other.writtenAt - one.writtenAt);
    for (const [at, { path, writtenAt }] of parts.entries())
      if (at >= maxPartials || ageOf(writtenAt) > partialMs) await rm(path, { force: true });
  }

  async #list(isWanted: (name: string) => boolean): Promise<Part[]> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (isAbsence(error)) return [];
      throw error;
    });
    const place = await placeMark();
    const found: Part[] = [];
    for (const name of names) {
      if (!isWanted(name) || openNames.has(name)) continue;
      const path = join(this.#directory, name);
      const status = await stat(path).catch(() => undefined);
      if (!status?.isFile()) continue;
      const { size: bytes, mtimeMs: writtenAt } = status;
      found.push({ name, path, bytes, writtenAt, isLeft: isLeft(name, writtenAt, place) });
    }
    return found;
  }
}

function nameOf({ digest }: Descriptor): string {
  const { algorithm, encoded } = parseDigest(digest);
  return `${prefix}${algorithm}-${encoded}-`;
}

/** A time from the future is that of a clock that was wrong. */
function ageOf(writtenAt: number): number {
  return Math.abs(Date.now() - writtenAt);
}

const writerOf = /-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isLeft(name: string, writtenAt: number, here: string): boolean {
  if (ageOf(writtenAt) > leftMs) return true;
  const [, place, pid] = writerOf.exec(name) ?? [];
  if (place === undefined) return true;
  return place === here && (Number(pid) === process.pid || !isRunning(Number(pid)));
}

/** Only as much as was there at first; then the old file is not needed any more. */
async function* copied(
  part: Part,
  incoming: IncomingBlob,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of readFileChunks(part.path, part.path, { start: 0, end: part.bytes })) {
    signal?.throwIfAborted();
    await incoming.append(chunk);
    yield chunk;
  }
  await incoming.flush();
  if (part.isLeft) await rm(part.path, { force: true });
}

async function fill(
  incoming: IncomingBlob,
  rest: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
): Promise<void> {
  for await (const chunk of rest) {
    const count = incoming.size + chunk.byteLength;
    if (count > size) {
      throw new OciError('size-mismatch', digest, `expected ${size} bytes, got at least ${count}`);
    }
    await incoming.append(chunk);
  }
}

/** What was kept, or what followed, has wrong bytes. */
function isWrong(error: unknown): boolean {
  return error instanceof OciError && (error.code === 'digest-mismatch' || error.code === 'size-mismatch');
}

/** Another process removed the part before it was read. */
function isGone(error: unknown, { path }: Part): boolean {
  return error instanceof OciError && error.code === 'not-found' && error.subject === path;
}

/** A failure that says nothing against the bytes that came. On a disk that is full or broken nothing is kept. */
function isOfTheWay(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || (error instanceof OciError && !isWrong(error));
}
