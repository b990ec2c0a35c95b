import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { type Clock, type Random, SealiftError } from '../../../../core/index.ts';
import { type Identity, IdentitySource } from '../../access/adapters/identity-source.ts';
import type { ClusterAccess } from '../../access/cluster-access.ts';
import { type Asked, apiFailure } from '../answers/api-failure.ts';
import { delayBeforeRetry, type FailedTry } from '../retry-rule.ts';
import { type Connections, openConnections } from './connections.ts';
import { type Answer, exchange } from './exchange.ts';
import { networkFailure } from './network-failure.ts';
import { readBody } from './read-body.ts';

export interface ClientOptions {
  /** `sealift/VERSION`. */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: Random;
  /** What exec plugins run in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: docs/limits.md. */
  readonly waits?: WaitLimits;
}

export interface ApiRequest extends Asked {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  /** False where a second try would not mean the same as the first. */
  readonly repeatable?: boolean;
  /** Bytes of the answer. */
  readonly limit?: number;
}

export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Answer['headers'];
}

/** All in milliseconds. */
interface WaitLimits {
  /** One try. The API server gives up on a request after 60 seconds and says why, which is better than our own silence. */
  readonly requestMs: number;
  /** Without a byte in the middle of an answer. */
  readonly idleMs: number;
  /** Without an event of a watch: bookmarks come every minute or two, so then the connection is dead. */
  readonly watchIdleMs: number;
}

const waitLimits: WaitLimits = { requestMs: 70_000, idleMs: 30_000, watchIdleMs: 180_000 };

/** An object has 1.5 MiB at most, in JSON some times as much; one that applies it gets it back with the fields of its managers. */
const maxAnswerBytes = 32 * 1024 * 1024;
/** Milliseconds: a server that asks for a day must not silence a site for a day. */
const maxRetryAfterMs = 60 * 60 * 1000;

/** Requests to one API server: who asks, over which connection, how long and how often. */
export class ApiTransport {
  readonly server: string;
  /** Aborted by `close`. */
  readonly closing: AbortSignal;
  readonly #prefix: string;
  readonly #access: ClusterAccess;
  readonly #options: ClientOptions;
  readonly #waits: WaitLimits;
  readonly #closing = new AbortController();
  readonly #identities: IdentitySource;
  #connected: { readonly identity: Identity; readonly connections: Connections } | undefined;

  constructor(access: ClusterAccess, options: ClientOptions) {
    const url = new URL(access.server);
    this.server = url.origin;
    this.#prefix = url.pathname === '/' ? '' : url.pathname;
    this.closing = this.#closing.signal;
    this.#access = access;
    this.#options = options;
    this.#waits = options.waits ?? waitLimits;
    this.#identities = new IdentitySource(access, options.environment, options.clock, this.closing);
  }

  /** The answer: a success or a 404 of the API itself, which means one thing here and another there. @throws SealiftError for any other. */
  ask(request: ApiRequest, signal: AbortSignal): Promise<ApiReply> {
    return this.#withRetries(request, signal, (identity) => this.#askOnce(request, identity, signal));
  }

  /** The body of a successful answer as it comes, for as long as it comes. */
  open(request: ApiRequest, signal: AbortSignal): Promise<Readable> {
    const either = AbortSignal.any([signal, this.closing]);
    return this.#withRetries(request, signal, async (identity) => {
      const { watches } = this.#connections(identity);
      const answer = await this.#send(watches, request, identity, {
        signal: either,
        idleMs: this.#waits.watchIdleMs,
      });
      if (answer.status === 200) return answer.body;
      throw failureOf(answer, await readBody(answer, maxAnswerBytes, request.subject), request);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(new SealiftError('TARGET_FAILED', this.server, 'the client was closed'));
    await this.#disconnect();
  }

  async #withRetries<T>(
    { subject, repeatable = true }: ApiRequest,
    signal: AbortSignal,
    act: (identity: Identity) => Promise<T>,
  ): Promise<T> {
    const refused: Identity[] = [];
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      this.closing.throwIfAborted();
      const identity = await this.#identities.current(signal);
      try {
        return await act(identity);
      } catch (cause) {
        signal.throwIfAborted();
        const error = this.#explained(networkFailure(cause, subject));
        const isRenewed =
          error.code === 'TARGET_UNAUTHENTICATED' && (await this.#renews(identity, refused, signal));
        if (!isRenewed) await this.#pause({ error, tries, repeatable }, signal);
      }
    }
  }

  /** Who refuses a token does not say whose it is, and for whom. */
  #explained(error: SealiftError): SealiftError {
    const { what } = this.#access.login.issued ?? {};
    if (what === undefined || error.code !== 'TARGET_UNAUTHENTICATED') return error;
    const detail = `expected ${what} to be accepted, got ${error.message}`;
    return new SealiftError(error.code, this.server, detail, { cause: error });
  }

  /** Whether there is another identity than the one that was refused; looked for once. */
  async #renews(identity: Identity, refused: Identity[], signal: AbortSignal): Promise<boolean> {
    if (refused.length > 0) return false;
    refused.push(identity);
    this.#identities.refuse(identity);
    const { authorization, certificate } = await this.#identities.current(signal);
    return authorization !== identity.authorization || certificate !== identity.certificate;
  }

  /** Before the next try. @throws SealiftError the failure itself, where there is none. */
  async #pause(failed: FailedTry, signal: AbortSignal): Promise<void> {
    const delayMs = delayBeforeRetry(failed, this.#options.random.next());
    if (delayMs === undefined) throw failed.error;
    await this.#options.clock.sleep(delayMs, AbortSignal.any([signal, this.closing]));
  }

  async #askOnce(request: ApiRequest, identity: Identity, outer: AbortSignal): Promise<ApiReply> {
    const { requests } = this.#connections(identity);
    const { requestMs, idleMs } = this.#waits;
    const late = new AbortController();
    const detail = `expected an answer within ${requestMs} ms`;
    const timer = setTimeout(
      () => late.abort(new SealiftError('TARGET_TIMEOUT', request.subject, detail)),
      requestMs,
    );
    try {
      const signal = AbortSignal.any([outer, late.signal, this.closing]);
      const answer = await this.#send(requests, request, identity, { signal, idleMs });
      const body = await readBody(answer, request.limit ?? maxAnswerBytes, request.subject);
      if (answer.status >= 300 && !isAbsence(answer)) throw failureOf(answer, body, request);
      return { status: answer.status, body, headers: answer.headers };
    } finally {
      clearTimeout(timer);
    }
  }

  #send(
    dispatcher: Dispatcher,
    { method, path, headers, body }: ApiRequest,
    { authorization }: Identity,
    limits: { readonly signal: AbortSignal; readonly idleMs: number },
  ): Promise<Answer> {
    const options = {
      origin: this.server,
      path: `${this.#prefix}${path}`,
      method,
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent,
        ...(authorization === undefined ? {} : { authorization }),
        ...headers,
      },
      body: body ?? null,
      headersTimeout: this.#waits.requestMs,
      bodyTimeout: limits.idleMs,
    };
    return exchange(dispatcher, options, limits.signal);
  }

  /** Those that run under another certificate end by themselves. */
  #connections(identity: Identity): Connections {
    const known = this.#connected;
    const isSame =
      known?.identity.certificate === identity.certificate &&
      known?.identity.authority === identity.authority;
    if (known !== undefined && isSame) return known.connections;
    if (known !== undefined) {
      void known.connections.requests.close();
      void known.connections.watches.close();
    }
    const connections = openConnections(this.#access, identity);
    this.#connected = { identity, connections };
    return connections;
  }

  async #disconnect(): Promise<void> {
    const { connections } = this.#connected ?? {};
    this.#connected = undefined;
    await Promise.all([connections?.requests.destroy(), connections?.watches.destroy()]);
  }
}

/** Something that stands before the server, or in its place, answers 404 too: that would make everything look gone. */
function isAbsence({ status, headers }: Answer): boolean {
  return status === 404 && headers['audit-id'] !== undefined;
}

function failureOf(answer: Answer, body: unknown, request: ApiRequest): SealiftError {
  const { status, headers } = answer;
  if (status === 404 && !isAbsence(answer)) {
    const detail = 'expected the answer of a Kubernetes API, got status 404 of something else';
    return new SealiftError('TARGET_FAILED', request.subject, detail);
  }
  return apiFailure({ status, body, retryAfterMs: retryAfterMs(headers['retry-after']) }, request);
}

/** The API names seconds, never a date. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
  return seconds === undefined ? undefined : Math.min(seconds * 1000, maxRetryAfterMs);
}
