import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import type { Transfer } from '../store.ts';
import { hasContent } from './contents.ts';
import type { Endpoint } from './endpoint.ts';
import type { RequestBody } from './exchange.ts';
import { type Replay, readPart, replayOf } from './replay.ts';
import { decideRetry, isTransient } from './retry-policy.ts';
import { openUpload, type UploadAbout, type UploadPlace, UploadSession } from './upload-session.ts';
import { judgeUpload, reachedBy, type UploadMode } from './upload-verdict.ts';

/** What GHCR takes in one request of an upload; held in memory, so that it can be sent again. */
const chunkBytes = 4 * 1024 * 1024;
/** A registry that wants larger chunks than this would have them held in memory. */
const maxChunkBytes = 32 * 1024 * 1024;
/** Turns to another way (chunks instead of the whole, a new upload) without a byte more at the registry; there are fewer ways than this. */
const maxTurns = 5;

export interface BlobPush extends Transfer {
  /** An upload that a refused mount has begun. */
  readonly begun?: UploadPlace | undefined;
}

/**
 * Uploads a blob: the whole in one request, and when that breaks, or the registry takes no request of this size, the rest in chunks.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 * @throws OciError; the registry has then been told to forget the upload.
 */
export async function uploadBlob(
  endpoint: Endpoint,
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array> | Uint8Array,
  options: BlobPush,
): Promise<void> {
  const free = await endpoint.learned.pushes.take(endpoint.concurrency, options.signal);
  try {
    const replay = await replayOf(descriptor, content);
    try {
      await new BlobUpload(endpoint, descriptor, replay, options).run();
    } finally {
      replay.release();
    }
  } finally {
    free();
  }
}

class BlobUpload {
  readonly #endpoint: Endpoint;
  readonly #descriptor: Descriptor;
  readonly #replay: Replay;
  readonly #options: BlobPush;
  readonly #about: UploadAbout;
  #session: UploadSession | undefined;
  #mode: UploadMode;
  /** False once the registry has refused a chunk. */
  #mayChunk = true;
  #isClosing = false;
  /** Where to go on. */
  #offset = 0;
  /** The most the registry was known to have. */
  #reached = 0;
  /** Since the registry had more than before: transient failures, milliseconds waited after them, and turns to another way. */
  #failures = 0;
  #waited = 0;
  #turns = 0;

  constructor(endpoint: Endpoint, descriptor: Descriptor, replay: Replay, options: BlobPush) {
    this.#endpoint = endpoint;
    this.#descriptor = descriptor;
    this.#replay = replay;
    this.#options = options;
    this.#about = { subject: endpoint.name(descriptor.digest), signal: options.signal };
    this.#session = options.begun && new UploadSession(endpoint, this.#about, options.begun);
    this.#mode = endpoint.learned.needsChunks && descriptor.size > chunkBytes ? 'chunks' : 'whole';
  }

  async run(): Promise<void> {
    try {
      for (;;) {
        this.#session ??= await openUpload(this.#endpoint, this.#about);
        if (await this.#attempt(this.#session)) return;
      }
    } catch (error) {
      this.#session?.cancel();
      throw error;
    }
  }

  /** True when the blob is there. */
  async #attempt(session: UploadSession): Promise<boolean> {
    try {
      if (this.#mode === 'whole') await this.#sendWhole(session);
      else await this.#sendChunks(session);
      return true;
    } catch (error) {
      if (this.#replay.failure !== undefined) throw this.#replay.failure.error;
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof OciError)) throw error;
      return this.#recover(session, error);
    }
  }

  async #sendWhole(session: UploadSession): Promise<void> {
    this.#isClosing = true;
    const { bytes } = this.#replay;
    const body: RequestBody =
      bytes === undefined
        ? { kind: 'stream', chunks: this.#observed(), length: this.#descriptor.size }
        : { kind: 'bytes', bytes };
    await session.put(this.#descriptor.digest, body);
    if (bytes !== undefined) this.#options.progress?.(bytes.byteLength);
  }

  async *#observed(): AsyncGenerator<Uint8Array, void, undefined> {
    let count = 0;
    for await (const chunk of this.#replay.from(0)) {
      count += chunk.byteLength;
      this.#options.progress?.(count);
      yield chunk;
    }
  }

  async #sendChunks(session: UploadSession): Promise<void> {
    const { digest, size } = this.#descriptor;
    const most = this.#chunkSize(session);
    this.#isClosing = false;
    while (this.#offset < size) {
      const chunk = await readPart(this.#replay, this.#offset, Math.min(most, size - this.#offset));
      const end = this.#offset + chunk.byteLength;
      const range = reachedBy(await session.patch(chunk, this.#offset));
      // A registry that does not say has all; one that says nothing arrived is asked, since it may mean one byte.
      const reached = range === undefined ? end : range === 'none-or-one' ? Math.min(end, 1) : range;
      if (reached <= this.#offset) throw this.#standstill(reached);
      this.#advance(Math.min(reached, end));
    }
    this.#isClosing = true;
    await session.put(digest, undefined);
  }

  #standstill(reached: number): OciError {
    return new OciError(
      'server-error',
      this.#about.subject,
      `expected more than ${this.#offset} bytes at the registry after another chunk, got ${reached}`,
    );
  }

  #chunkSize(session: UploadSession): number {
    const most = Math.max(chunkBytes, session.minChunkBytes);
    if (most > maxChunkBytes && most < this.#descriptor.size) {
      throw new OciError(
        'unsupported',
        this.#about.subject,
        `expected a registry that takes chunks of ${maxChunkBytes} bytes, got one that wants ${most} at least`,
      );
    }
    this.#replay.keep(Math.min(most, this.#descriptor.size));
    return most;
  }

  async #recover(session: UploadSession, error: OciError): Promise<boolean> {
    const verdict = judgeUpload({ error, mode: this.#mode, isClosing: this.#isClosing });
    if (verdict === 'stop') throw error;
    if (this.#isClosing && (await this.#isThere())) return true;
    if (verdict === 'no-chunks') this.#mayChunk = false;
    if (verdict === 'too-long') this.#learnLimit();
    const arrived = verdict === 'anew' ? undefined : await this.#arrived(session);
    if (arrived === undefined) this.#startAnew(session, error);
    else this.#continueAt(arrived === 'none-or-one' ? this.#noneOrOne(error) : arrived, error);
    await this.#wait(error);
    return false;
  }

  #learnLimit(): void {
    this.#endpoint.learned.needsChunks = true;
    this.#mode = 'chunks';
  }

  /** What the registry has; nothing when it cannot say, or when that would be of no use. */
  async #arrived(session: UploadSession): Promise<number | 'none-or-one' | undefined> {
    return this.#mayChunk ? reachedBy(await session.status()) : undefined;
  }

  /** The answer to a request that did end the upload may have been lost. */
  #isThere(): Promise<boolean> {
    return hasContent(this.#endpoint, this.#descriptor, { ...this.#options, forPush: true });
  }

  /** None is more likely; when the registry refused a chunk from there, it must be one. */
  #noneOrOne(error: OciError): number {
    return error.details.status === 416 && !this.#isClosing && this.#offset === 0 ? 1 : 0;
  }

  #startAnew(session: UploadSession, error: OciError): void {
    if (!this.#replay.reaches(0)) throw error;
    session.cancel();
    this.#session = undefined;
    this.#offset = 0;
    if (!this.#mayChunk) this.#mode = 'whole';
  }

  #continueAt(offset: number, error: OciError): void {
    if (offset > this.#descriptor.size || !this.#replay.reaches(offset)) throw error;
    this.#mode = 'chunks';
    this.#advance(offset);
  }

  #advance(offset: number): void {
    this.#offset = offset;
    this.#options.progress?.(offset);
    if (offset <= this.#reached) return;
    this.#reached = offset;
    this.#failures = 0;
    this.#waited = 0;
    this.#turns = 0;
  }

  async #wait(error: OciError): Promise<void> {
    if (!isTransient(error)) {
      this.#turns += 1;
      if (this.#turns >= maxTurns) throw error;
      return;
    }
    this.#failures += 1;
    const { clock, retrying } = this.#endpoint;
    // The waits alone: a large upload that breaks near its end has taken longer than any limit.
    const failed = { error, attempt: this.#failures, elapsedMs: this.#waited };
    const verdict = decideRetry(failed, retrying.limits, retrying.jitter.next());
    if (verdict.kind === 'stop') throw error;
    this.#waited += verdict.delayMs;
    await clock.sleep(verdict.delayMs, this.#options.signal ?? new AbortController().signal);
  }
}
