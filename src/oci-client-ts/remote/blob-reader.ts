import { clearImmediate, setImmediate } from 'node:timers';
import { ContentCheck } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { createHasher, parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import type { Transfer } from '../store.ts';
import type { Answer, Giver } from './answer.ts';
import { parseContentRange } from './content-range.ts';
import { contentPath, type Endpoint } from './endpoint.ts';

/**
 * Bytes that an answer has to bring for the link to count as moving: less is lost again with the next handshake. It also bounds the requests
 * that a server can cause which cuts every answer short.
 */
const minProgressBytes = 4096;

interface Opened {
  readonly kind: 'opened';
  /** What came while it was made sure that bytes do come. */
  readonly first: readonly Uint8Array[];
  readonly rest: AsyncGenerator<Uint8Array, void, undefined>;
  /** Byte behind the last that this answer brings. */
  readonly end: number;
}

type Opening = Opened | { readonly kind: 'restart' };

/**
 * One blob, over as many connections as it takes. A cut, a reset or a stall goes on from the byte reached, always from the registry's own
 * address: that of the storage behind it may have expired. The tries are counted anew whenever bytes came, so that a thin link which moves is
 * never given up, and a dead one is.
 */
export class BlobReader {
  readonly #endpoint: Endpoint;
  readonly #descriptor: Descriptor;
  readonly #signal: AbortSignal | undefined;
  readonly #lend: boolean;
  readonly #check: ContentCheck;
  /** False after a registry's answer to a range made no sense: then it is asked for the whole, and what is known is skipped. */
  #ranged = true;
  #etag: string | undefined;
  /** Where the first bytes came from, and whether others did from elsewhere. */
  #giver: Giver | undefined;
  #isMixed = false;

  constructor(endpoint: Endpoint, descriptor: Descriptor, { signal, lend = false }: Transfer) {
    this.#endpoint = endpoint;
    this.#descriptor = descriptor;
    this.#signal = signal;
    this.#lend = lend;
    this.#check = new ContentCheck(descriptor);
  }

  /** Bytes so far. */
  get count(): number {
    return this.#check.count;
  }

  /** Counts in what came at another time; only the rest will be fetched. @throws OciError `size-mismatch`. */
  async known(content: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of content) this.#check.add(chunk);
    this.#isMixed = this.count > 0;
  }

  /** Passes the bytes on; the end means that size and digest of the whole are right. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const { size } = this.#descriptor;
    while (this.count < size || this.count === 0) {
      const opening = await this.#open();
      if (opening.kind === 'restart') {
        this.#ranged = false;
        continue;
      }
      const isBroken = yield* this.#pass(opening);
      // Too short, and well ended: no second try would make it longer.
      if (!isBroken && (this.count < opening.end || opening.end >= size)) break;
    }
    this.#end();
  }

  #end(): void {
    try {
      this.#check.end();
    } catch (error) {
      // Of several it is rather the first, who did not bring it to the end.
      this.#giver?.distrust(this.#isMixed ? 'possible' : 'proven');
      throw error;
    }
  }

  /** True when the connection broke. */
  async *#pass({ first, rest }: Opened): AsyncGenerator<Uint8Array, boolean, undefined> {
    try {
      for (const chunk of first) yield* this.#checked(chunk);
      for (;;) {
        const step = await rest.next().catch(brokenLink);
        if (step === 'broken') return true;
        if (step.done) return false;
        yield* this.#checked(step.value);
      }
    } finally {
      await rest.return();
    }
  }

  /** A chunk that is lent is hashed while its reader waits, for the disk as a rule: that takes as long. */
  *#checked(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    this.#check.countIn(chunk);
    let isHashed = !this.#lend;
    if (isHashed) this.#check.hash(chunk);
    const hash = (): void => {
      if (!isHashed) this.#check.hash(chunk);
      isHashed = true;
    };
    const later = setImmediate(hash);
    try {
      yield chunk;
    } finally {
      clearImmediate(later);
      hash();
    }
  }

  /** The first request asks for no range: some registries break on it. */
  #open(): Promise<Opening> {
    const { count } = this;
    const isRange = count > 0 && this.#ranged;
    const call = {
      method: 'GET',
      to: contentPath(this.#descriptor),
      headers: isRange ? { range: `bytes=${count}-` } : {},
      foreign: 'follow',
      streaming: true,
      subject: this.#subject,
      signal: this.#signal,
    } as const;
    return this.#endpoint.request(call, async (answer) => {
      const fits = !isRange || this.#fits(answer);
      if (fits) return this.#begin(answer, isRange);
      await answer.discard();
      return { kind: 'restart' };
    });
  }

  /** Whether the answer to a range is about the rest of this very content; a failure fits, it is told as one. */
  #fits(answer: Answer): boolean {
    if (answer.status === 416) return false;
    if (answer.status !== 206) return true;
    const range = parseContentRange(answer.header('content-range'));
    const etag = answer.header('etag');
    const isSame = etag === undefined || this.#etag === undefined || etag === this.#etag;
    return isSame && range?.first === this.count && range.total === this.#descriptor.size;
  }

  async #begin(answer: Answer, isRange: boolean): Promise<Opened> {
    await answer.expect(...(isRange ? [200, 206] : [200]));
    const isPart = answer.status === 206;
    const end = isPart ? this.#endOfPart(answer) : this.#descriptor.size;
    this.#checkLength(answer, isPart ? end - this.count : end);
    if (!isPart) this.#etag = answer.header('etag');
    const rest = answer.chunks(this.#lend);
    const first = await this.#prove(rest, isPart ? 0 : this.count);
    this.#takeFrom(answer.giver, !isPart);
    return { kind: 'opened', first, rest, end };
  }

  /** Who sends the whole has said what was known before, too. */
  #takeFrom(giver: Giver | undefined, isWhole: boolean): void {
    this.#isMixed = !isWhole && (this.#isMixed || giver?.name !== this.#giver?.name);
    if (isWhole) this.#giver = giver;
    this.#giver ??= giver;
  }

  #endOfPart(answer: Answer): number {
    const { size } = this.#descriptor;
    const end = Math.min((parseContentRange(answer.header('content-range'))?.last ?? 0) + 1, size);
    if (end === size || end - this.count >= minProgressBytes) return end;
    throw new OciError(
      'protocol',
      this.#subject,
      `expected the rest from byte ${this.count}, got ${end - this.count} bytes of it`,
    );
  }

  /** A registry that does not say how much it sends is accepted; one that says something else than the descriptor is not read. */
  #checkLength(answer: Answer, expected: number): void {
    const length = answer.header('content-length');
    if (length === undefined || Number(length) === expected) return;
    throw new OciError(
      'size-mismatch',
      this.#subject,
      `expected ${expected} bytes, got ${length.slice(0, 40)} announced`,
    );
  }

  /** Reads until the answer has brought something new, so that one which does not counts as a failed try of the request. */
  async #prove(chunks: AsyncGenerator<Uint8Array, void, undefined>, known: number): Promise<Uint8Array[]> {
    const first: Uint8Array[] = [];
    const prefix = known === 0 ? undefined : createHasher(parseDigest(this.#descriptor.digest).algorithm);
    let at = 0;
    while (at - known < minProgressBytes) {
      const { done, value } = await chunks.next();
      if (done || value === undefined) break;
      const old = value.subarray(0, Math.max(0, known - at));
      prefix?.update(old);
      at += value.byteLength;
      const fresh = value.subarray(old.byteLength);
      if (fresh.byteLength > 0) first.push(this.#kept(fresh));
    }
    const isOther = prefix !== undefined && at >= known && prefix.digest() !== this.#check.digest;
    if (!isOther) return first;
    throw new OciError(
      'digest-mismatch',
      this.#subject,
      `expected the first ${known} bytes again, got other ones`,
    );
  }

  /** What is lent would be gone with the next chunk. */
  #kept(chunk: Uint8Array): Uint8Array {
    return this.#lend ? Uint8Array.from(chunk) : chunk;
  }

  get #subject(): string {
    return this.#endpoint.name(this.#descriptor.digest);
  }
}

/** What ends a connection in the middle, and nothing else. */
function brokenLink(error: unknown): 'broken' {
  if (error instanceof OciError && (error.code === 'unreachable' || error.code === 'timeout'))
    return 'broken';
  throw error;
}
