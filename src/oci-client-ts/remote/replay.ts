import { releaseSource } from '../abortable.ts';
import { ContentCheck, checkedContent, readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';

/** Content on its way to a registry, of which the last part sent can be sent again. */
export interface Replay {
  /** The whole, when it is in memory. */
  readonly bytes: Uint8Array | undefined;
  /** Why the source itself broke off; no second try helps against that. */
  readonly failure: { readonly error: unknown } | undefined;
  /** Whether sending can begin at this byte. */
  reaches(offset: number): boolean;
  /** From this byte on, to the end. */
  from(offset: number): AsyncGenerator<Uint8Array, void, undefined>;
  /** Keeps at least so many of the bytes that were read last. */
  keep(bytes: number): void;
  /** Ends the reading of the source. */
  release(): void;
}

/** Content in memory is checked before a byte of it is sent, a stream while it is sent. @throws OciError `size-mismatch`, `digest-mismatch`. */
export async function replayOf(
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array> | Uint8Array,
): Promise<Replay> {
  if (content instanceof Uint8Array) {
    const check = new ContentCheck(descriptor);
    check.add(content);
    check.end();
    return new MemoryReplay(content);
  }
  if (descriptor.size > 0) return new StreamReplay(lastHeldBack(checkedContent(content, descriptor)));
  return new MemoryReplay(await readAll(checkedContent(content, descriptor), 0, descriptor.digest));
}

/** Reads one part into memory. */
export async function readPart(replay: Replay, offset: number, length: number): Promise<Uint8Array> {
  if (replay.bytes !== undefined) return replay.bytes.subarray(offset, offset + length);
  const part = new Uint8Array(length);
  let at = 0;
  for await (const chunk of replay.from(offset)) {
    const taken = chunk.subarray(0, length - at);
    part.set(taken, at);
    at += taken.byteLength;
    if (at === length) break;
  }
  return part.subarray(0, at);
}

/** The last chunk comes only when the source has ended well: content that is wrong never gets complete at a registry. */
async function* lastHeldBack(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined;
  for await (const chunk of source) {
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}

class MemoryReplay implements Replay {
  readonly bytes: Uint8Array;
  readonly failure = undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  reaches(): boolean {
    return true;
  }

  async *from(offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.bytes.subarray(offset);
  }

  keep(): void {}

  release(): void {}
}

/** One upload is what a connection may swallow without telling: buffers of this size are common on the way. */
const defaultWindow = 4 * 1024 * 1024;

class StreamReplay implements Replay {
  readonly bytes = undefined;
  failure: { readonly error: unknown } | undefined;
  readonly #source: AsyncGenerator<Uint8Array, void, undefined>;
  readonly #kept: Uint8Array[] = [];
  #window = defaultWindow;
  /** Of the content: first byte that is kept, and byte behind the last that was read. */
  #start = 0;
  #end = 0;
  #isDone = false;
  #pulling: Promise<void> | undefined;

  constructor(source: AsyncGenerator<Uint8Array, void, undefined>) {
    this.#source = source;
  }

  reaches(offset: number): boolean {
    return offset >= this.#start;
  }

  keep(bytes: number): void {
    this.#window = Math.max(this.#window, bytes);
  }

  async *from(offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = offset; ; ) {
      while (at >= this.#end && !this.#isDone) await this.#pull();
      const chunk = this.#at(at);
      if (chunk === undefined) return;
      at += chunk.byteLength;
      yield chunk;
    }
  }

  release(): void {
    releaseSource(this.#source);
  }

  /** What is kept from this byte on, up to the end of its chunk. A reader that was overtaken by a later one finds nothing. */
  #at(offset: number): Uint8Array | undefined {
    let start = this.#start;
    for (const chunk of this.#kept) {
      const end = start + chunk.byteLength;
      if (offset >= start && offset < end) return chunk.subarray(offset - start);
      start = end;
    }
    return undefined;
  }

  /** A request that failed may still be pulling when the next one begins: both then wait for the same chunk. */
  #pull(): Promise<void> {
    this.#pulling ??= this.#read().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      if (done || value === undefined) this.#isDone = true;
      else this.#add(value);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  #add(chunk: Uint8Array): void {
    this.#kept.push(chunk);
    this.#end += chunk.byteLength;
    for (let [oldest] = this.#kept; oldest !== undefined; [oldest] = this.#kept) {
      if (this.#end - this.#start - oldest.byteLength < this.#window) return;
      this.#kept.shift();
      this.#start += oldest.byteLength;
    }
  }
}
