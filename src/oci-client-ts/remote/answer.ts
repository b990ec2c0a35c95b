import { setImmediate } from 'node:timers/promises';
import { OciError, type OciErrorCode } from '../errors.ts';
import type { RawAnswer } from './answer-listener.ts';
import { parseErrorBody } from './error-body.ts';
import { networkFault } from './network-fault.ts';
import { requestIdOf } from './request-id.ts';
import { askedPause } from './retry-policy.ts';

export interface AnswerContext {
  /** Of the last hop. */
  readonly url: URL;
  /** True when a host other than the one that was asked gave the answer. */
  readonly foreign: boolean;
  /** Why the redirect that this answer is was not followed. */
  readonly refusal?: string;
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly codeOf: (status: number) => OciErrorCode;
}

/** One of several who could be asked for the same. */
export interface Giver {
  readonly name: string;
  /**
   * Content was wrong. When all of it came from here, that is proven, and there is no asking here again for a while; when a part did, it is asked
   * for at the others first, which shows who it was.
   */
  distrust(guilt: 'proven' | 'possible'): void;
}

/** Error bodies are read for one code and one sentence, and not for long. */
const maxErrorBytes = 16 * 1024;
const maxErrorMs = 5_000;

/** The answer to a request, whatever its status. Its body is read once, or not at all. */
export class Answer {
  readonly status: number;
  readonly foreign: boolean;
  readonly #raw: RawAnswer;
  readonly #context: AnswerContext;
  /** The beginning of the body, once it was read for its error. */
  #read: Promise<Uint8Array> | undefined;
  #giver: Giver | undefined;

  constructor(raw: RawAnswer, context: AnswerContext) {
    this.status = raw.status;
    this.foreign = context.foreign;
    this.#raw = raw;
    this.#context = context;
  }

  get url(): URL {
    return this.#context.url;
  }

  header(name: string): string | undefined {
    return this.headers(name)[0];
  }

  headers(name: string): readonly string[] {
    const value = this.#raw.headers[name];
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  }

  /** @throws OciError when the status is none of these, or the body comes in an encoding nobody asked for. */
  async expect(...statuses: readonly number[]): Promise<void> {
    if (!statuses.includes(this.status)) throw await this.#failure(statuses);
    const encoding = this.header('content-encoding') ?? 'identity';
    if (encoding.toLowerCase() !== 'identity') {
      throw new OciError(
        'protocol',
        this.#context.subject,
        'expected the bytes as they are, got an encoded body',
      );
    }
  }

  /**
   * The body as it comes. @param lend see `AnswerBody.chunks`.
   * @throws OciError `unreachable` or `timeout` when it breaks off, or the signal's reason.
   */
  async *chunks(lend = false): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#raw.body.chunks(lend);
    } catch (cause) {
      this.#context.signal.throwIfAborted();
      throw networkFault(cause, this.#context.subject);
    }
  }

  /** Reads a rest that is small, so that the connection can be used again, and cuts one that is not. */
  async discard(): Promise<void> {
    await this.#prefix();
    this.destroy();
    // The pool takes the connection back in the next turn of the event loop; a request before that would open a second one.
    await setImmediate();
  }

  /** What the error body says, in a line; the failure that `expect` throws still has all of it. */
  async errorText(): Promise<string> {
    const { text = '' } = parseErrorBody(await this.#prefix());
    return text;
  }

  /** Who gave it, where others could be asked instead. */
  get giver(): Giver | undefined {
    return this.#giver;
  }

  comesFrom(giver: Giver): void {
    this.#giver = giver;
  }

  /** Its content has turned out to be wrong. */
  distrust(): void {
    this.#giver?.distrust('proven');
  }

  destroy(): void {
    this.#raw.body.destroy();
  }

  async #failure(statuses: readonly number[]): Promise<OciError> {
    const { subject, refusal, url, now, signal } = this.#context;
    const found = parseErrorBody(await this.#prefix());
    signal.throwIfAborted();
    const retryAfterMs = askedPause((name) => this.header(name), this.status, now());
    const requestId = requestIdOf((name) => this.header(name));
    const details = {
      status: this.status,
      ...(found.registryCode === undefined ? {} : { registryCode: found.registryCode }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(requestId === undefined ? {} : { requestId }),
    };
    if (refusal !== undefined) {
      const detail = `expected an answer, got a redirect (status ${this.status}) that is not followed: ${refusal}`;
      return new OciError('protocol', subject, detail, { details });
    }
    const said = [found.registryCode, found.text && `(${found.text})`].filter(Boolean).join(' ');
    const from = this.foreign ? ` from ${url.host}` : '';
    const detail = `expected status ${statuses.join(' or ')}, got ${this.status}${from}${said && ` ${said}`}`;
    return new OciError(this.#context.codeOf(this.status), subject, detail, { details });
  }

  #prefix(): Promise<Uint8Array> {
    this.#read ??= this.#readPrefix();
    return this.#read;
  }

  /** The beginning of the body; what goes wrong on the way ends it. */
  async #readPrefix(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let count = 0;
    const timer = setTimeout(() => this.destroy(), maxErrorMs);
    try {
      for await (const chunk of this.#raw.body) {
        chunks.push(chunk);
        count += chunk.byteLength;
        if (count >= maxErrorBytes) break;
      }
    } catch {
      // The status is what counts; its explanation may be short.
    } finally {
      clearTimeout(timer);
    }
    return Buffer.concat(chunks).subarray(0, maxErrorBytes);
  }
}
