import { canonicalHost } from '../canonical-host.ts';
import type { CredentialProvider, CredentialSource } from '../credentials.ts';
import { Answer, type AnswerContext } from './answer.ts';
import type { RawAnswer } from './answer-listener.ts';
import { Authorizer } from './authorizer.ts';
import { type Jitter, type RegistryClock, systemClock, systemJitter } from './clock.ts';
import { type ConnectionSettings, Connections } from './connections.ts';
import type { Exchange, ExchangeLimits, Method } from './exchange.ts';
import { Keyring } from './keyring.ts';
import { Learned } from './learned.ts';
import type { Grant, Refusal } from './login.ts';
import { checkMirror, type HostMirrors, type MirrorSettings } from './mirror-settings.ts';
import { type Mirror, type MirrorRoute, Mirrors } from './mirrors.ts';
import type { RateLimit, RegistryWarning } from './notices.ts';
import { registryOrigin } from './origin.ts';
import { judgeRedirect } from './redirect-rule.ts';
import type { RegistryRequest } from './registry-request.ts';
import { withRetries } from './retry.ts';
import { defaultRetryLimits, type RetryLimits } from './retry-policy.ts';
import { codeOfForeignStatus, codeOfStatus, codeOfTokenStatus } from './status-code.ts';
import { fetchToken, type TokenCall } from './token-client.ts';
import type { Token } from './token-reply.ts';
import { defaultUserAgent } from './user-agent.ts';
import { Wire } from './wire.ts';

export interface TransportOptions extends ConnectionSettings {
  /** True: no TLS to any registry. False: TLS even to loopback. Absent: TLS to all but loopback hosts. */
  readonly plainHttp?: boolean;
  /** Providers are asked in turn, and the first that matches and has any counts. Default: everybody is anonymous. */
  readonly credentials?: CredentialSource | readonly CredentialProvider[];
  /** `HOST[:PORT]` of token servers that may see credentials besides the registry's own host and well-known pairs. */
  readonly trustedRealms?: readonly string[];
  /** Default: `defaultRetryLimits`. */
  readonly retry?: Partial<RetryLimits>;
  /** Default: 60 s for an answer to begin, and as much between two parts of its body. */
  readonly limits?: Partial<ExchangeLimits>;
  /** Mirrors by the `HOST[:PORT]` that they stand for. Default: none. */
  readonly mirrors?: Readonly<Record<string, HostMirrors>>;
  /** Told each warning of a registry once, 4096 bytes of them for each host at most. Default: nobody. */
  readonly onWarning?: (warning: RegistryWarning) => void;
  /** Default: `oci-client-ts/VERSION`. */
  readonly userAgent?: string;
  readonly clock?: RegistryClock;
  readonly jitter?: Jitter;
}

/** A registry on slow storage takes its time to hash and store a large upload before it answers. */
const defaultLimits: ExchangeLimits = { headersMs: 60_000, idleMs: 60_000 };

interface Step {
  readonly url: URL;
  /** True once another host was reached; no credential goes along from there on, wherever the way leads. */
  readonly foreign: boolean;
  readonly authorization: string | undefined;
  readonly hops: number;
}

/**
 * The way to registries: connections, TLS or not, redirects, credentials, tokens, second tries. One for each set of settings; several may
 * share a dispatcher. Building one does no I/O.
 */
export class Transport {
  readonly clock: RegistryClock;
  /** What registries have shown of themselves. Forgetting it costs a request or two. */
  readonly learned: Learned = new Learned();
  readonly #options: TransportOptions;
  readonly #wire: Wire;
  readonly #authorizer: Authorizer;
  readonly #mirrors: Mirrors;

  constructor(options: TransportOptions = {}) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.#wire = new Wire(new Connections(options), {
      clock: this.clock,
      jitter: options.jitter ?? systemJitter,
      delays: { ...defaultRetryLimits, ...options.retry },
      limits: { ...defaultLimits, ...options.limits },
      userAgent: options.userAgent ?? defaultUserAgent,
      onWarning: options.onWarning,
    });
    this.#authorizer = new Authorizer({
      clock: this.clock,
      keyring: new Keyring(options.credentials),
      trustedRealms: options.trustedRealms ?? [],
      fetchToken: (call, signal) => this.#fetchToken(call, signal),
    });
    this.#mirrors = new Mirrors(
      this.clock,
      mirrorRoutes(options, (settings) => this.#mirror(settings)),
    );
  }

  /** Scheme and host under which a registry is reached. */
  origin(host: string): URL {
    return registryOrigin(host, this.#options.plainHttp);
  }

  /** For work of several requests, which has to be tried again as a whole. */
  get retrying(): { readonly limits: RetryLimits; readonly jitter: Jitter } {
    const { jitter = systemJitter, retry } = this.#options;
    return { limits: { ...defaultRetryLimits, ...retry }, jitter };
  }

  /** Whether mirrors stand for a host. */
  hasMirrors(host: string): boolean {
    return this.#mirrors.standFor(host);
  }

  /** The allowance that a registry last spoke of; absent when it never has. */
  rateLimit(host: string): RateLimit | undefined {
    return this.#wire.notices.rateLimit(this.origin(host));
  }

  /**
   * Sends a request, to a mirror where there is one, and reads its answer with `read`; a failure of either that time may heal is tried again,
   * within the limits. How long all of it may take, tries, pauses and redirects together, is for the request's signal to say.
   * @throws OciError, or the signal's reason when it is aborted.
   */
  async request<T>(request: RegistryRequest, read: (answer: Answer) => Promise<T>): Promise<T> {
    if (request.once) return this.once(request, read);
    const context = { clock: this.clock, ...this.retrying, signal: request.signal ?? unending() };
    return withRetries(context, () => this.once(request, read));
  }

  /** The same without a second try after a failure. */
  async once<T>(request: RegistryRequest, read: (answer: Answer) => Promise<T>): Promise<T> {
    const signal = request.signal ?? unending();
    return this.#mirrors.send(request, read, () => this.#attempt(request, read, signal));
  }

  /** Ends the connections at once, unless they were given; requests under way fail, and so do later ones. */
  async close(): Promise<void> {
    await Promise.all([this.#wire.close(), this.#mirrors.close()]);
  }

  #mirror(settings: MirrorSettings): Mirror {
    checkMirror(settings);
    const { clock, retry, limits, userAgent, jitter, onWarning, proxy } = this.#options;
    const shared = { clock, retry, limits, userAgent, jitter, onWarning, proxy };
    const own = Object.fromEntries(Object.entries(shared).filter(([, value]) => value !== undefined));
    const transport = new Transport({ ...own, ...settings } as TransportOptions);
    const { host, capabilities, pathPrefix = '', namespace = false } = settings;
    return { host, capabilities, pathPrefix, namespace, origin: transport.origin(host), transport };
  }

  async #attempt<T>(
    request: RegistryRequest,
    read: (answer: Answer) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const answer = await this.#authorized(request, signal);
    try {
      const value = await read(answer);
      if (!request.streaming) await answer.discard();
      return value;
    } catch (error) {
      answer.destroy();
      throw error;
    }
  }

  async #authorized(request: RegistryRequest, signal: AbortSignal): Promise<Answer> {
    const { access, url } = request;
    const foreign = url.origin !== access.origin.origin;
    if (foreign) return this.#follow(request, { url, foreign, authorization: undefined, hops: 0 }, signal);
    const send = (grant: Grant | undefined): Promise<Answer> =>
      this.#follow(request, { url, foreign, authorization: grant?.header, hops: 0 }, signal);
    const login = this.#authorizer.login(access);
    let answer = await send(await login.first(signal));
    for (;;) {
      const refusal = await refusalOf(answer, request.method);
      if (refusal === undefined || request.body?.kind === 'stream') return answer;
      const grant = await login.next(refusal, signal).catch((error: unknown) => {
        answer.destroy();
        throw error;
      });
      if (grant === undefined) return answer;
      await answer.discard();
      answer = await send(grant);
    }
  }

  async #follow(request: RegistryRequest, step: Step, signal: AbortSignal): Promise<Answer> {
    const { method, subject } = request;
    const raw = await this.#wire.send(outgoing(request, step, signal), request.access.origin);
    const codeOf = step.foreign ? codeOfForeignStatus : codeOfStatus;
    const context = { url: step.url, foreign: step.foreign, subject, signal, codeOf };
    const verdict = judgeRedirect({
      method,
      status: raw.status,
      from: step.url,
      location: [raw.headers.location].flat()[0],
      hops: step.hops,
      foreign: request.foreign ?? 'refuse',
    });
    if (verdict.kind === 'refused') return this.#answer(raw, { ...context, refusal: verdict.reason });
    if (verdict.kind === 'final') return this.#answer(raw, context);
    await this.#answer(raw, context).discard();
    const next: Step = {
      url: verdict.url,
      foreign: step.foreign || verdict.foreign,
      authorization: verdict.foreign ? undefined : step.authorization,
      hops: step.hops + 1,
    };
    return this.#follow(request, next, signal);
  }

  #fetchToken(call: TokenCall, signal: AbortSignal): Promise<Token> {
    return fetchToken(call, async (ask) => {
      const { url, subject } = ask;
      const raw = await this.#wire.send({ ...ask, signal }, call.origin);
      return this.#answer(raw, { url, foreign: false, subject, signal, codeOf: codeOfTokenStatus });
    });
  }

  #answer(raw: RawAnswer, context: Omit<AnswerContext, 'now'>): Answer {
    return new Answer(raw, { ...context, now: () => this.clock.now() });
  }
}

function unending(): AbortSignal {
  return new AbortController().signal;
}

function mirrorRoutes(
  { mirrors = {} }: TransportOptions,
  open: (settings: MirrorSettings) => Mirror,
): ReadonlyMap<string, MirrorRoute> {
  const routes = Object.entries(mirrors).map(([host, route]): [string, MirrorRoute] => {
    const opened = route.mirrors.map(open);
    return [canonicalHost(host), { mirrors: opened, fallback: route.fallback ?? false }];
  });
  return new Map(routes);
}

/** A 401 or 403 of the registry itself, which another credential may turn; a host it sent us to has none to get. */
async function refusalOf(answer: Answer, method: Method): Promise<Refusal | undefined> {
  const { status, foreign } = answer;
  if ((status !== 401 && status !== 403) || foreign) return undefined;
  const text = status === 403 && method !== 'HEAD' ? await answer.errorText() : undefined;
  return { status, challenges: answer.headers('www-authenticate'), text };
}

function outgoing(request: RegistryRequest, step: Step, signal: AbortSignal): Exchange {
  const { method, subject, body } = request;
  const authorization = step.authorization === undefined ? {} : { authorization: step.authorization };
  return {
    method,
    url: step.url,
    headers: { ...request.headers, ...authorization },
    subject,
    signal,
    ...(body === undefined ? {} : { body }),
  };
}
