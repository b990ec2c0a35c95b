import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as askUpstream } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiFault, drawApiFault, drawWatchFault, type WatchFault } from './api-faults.ts';
import type { Kill, Moment } from './scenario.ts';

export interface Upstream {
  /** `https://HOST:PORT`. */
  readonly server: string;
  readonly authority: string;
}

interface Strike {
  readonly moment: Moment;
  /** The first call counts. */
  readonly act: () => Promise<void>;
  /** Writes that pass before it. */
  left: number;
}

/** Stands before an API server, speaks plain HTTP, and does to requests what the seed says. */
export class ApiFaultProxy {
  /** How often what happened, as `cut after`. */
  readonly happened = new Map<string, number>();
  readonly #seed: number;
  readonly #upstream: Upstream;
  readonly #connections: Agent;
  readonly #server: Server;
  /** How often each request came. */
  readonly #asked = new Map<string, number>();
  #isQuiet = false;
  /** When the newest request came; `undefined` while none has. */
  #newest: number | undefined;
  #strike: Strike | undefined;

  private constructor(seed: number, upstream: Upstream) {
    this.#seed = seed;
    this.#upstream = upstream;
    this.#connections = new Agent({ ca: upstream.authority, keepAlive: true });
    this.#server = createServer((request, response) => {
      // Whoever asked or answers may go at any time, here on purpose.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async open(seed: number, upstream: Upstream): Promise<ApiFaultProxy> {
    const proxy = new ApiFaultProxy(seed, upstream);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on all requests pass. */
  quiet(): void {
    this.#isQuiet = true;
  }

  /** Since the newest request, in milliseconds; 0 until one comes. */
  get idleMs(): number {
    return this.#newest === undefined ? 0 : performance.now() - this.#newest;
  }

  /** Somebody new is going to ask. */
  forgetIdle(): void {
    this.#newest = undefined;
  }

  /** Does something at one of the next writes, and lets that one wait for it. Resolves when it is done. */
  strikeAt({ write, moment }: Kill, act: () => Promise<void>): Promise<void> {
    const struck = Promise.withResolvers<void>();
    let done: Promise<void> | undefined;
    const actOnce = (): Promise<void> => {
      done ??= act().then(struck.resolve, struck.reject);
      return done;
    };
    this.#strike = { left: write, moment, act: actOnce };
    return struck.promise;
  }

  /** What was to be struck is not any more; false when that has begun. */
  forget(): boolean {
    const waited = this.#strike !== undefined;
    this.#strike = undefined;
    return waited;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    this.#connections.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    this.#newest = performance.now();
    const url = new URL(request.url ?? '/', this.url);
    if (url.searchParams.get('watch') !== null) return this.#watch(request, url, response);
    const strike = request.method === 'PATCH' || request.method === 'DELETE' ? this.#countWrite() : undefined;
    try {
      await this.#pass(request, { url, body, strike }, response);
    } finally {
      // Also where the request ended before its moment came.
      await strike?.act();
    }
  }

  async #pass(
    request: IncomingMessage,
    { url, body, strike }: { readonly url: URL; readonly body: Buffer; readonly strike: Strike | undefined },
    response: ServerResponse,
  ): Promise<void> {
    const fault = this.#draw(drawApiFault, `${request.method} ${url.pathname}`);
    if (strike?.moment === 'before') await strike.act();
    if (await this.#strikesBefore(fault, response)) return;
    const answer = await this.#forward(request, body);
    const bytes = Buffer.concat(await answer.toArray());
    if (strike?.moment === 'during') await strike.act();
    // Killed meanwhile, who asked has gone.
    if (response.closed || (await this.#strikesAfter(fault, response, bytes))) return;
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.end(bytes);
    await once(response, 'close');
  }

  /** Whether the request ends here. */
  async #strikesBefore(fault: ApiFault | undefined, response: ServerResponse): Promise<boolean> {
    if (fault === undefined) return false;
    if (fault.kind === 'late') {
      await sleep(fault.ms);
      return false;
    }
    if (fault.kind === 'foreign 404') {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html>not here</html>');
      return true;
    }
    return fault.when === 'before' && this.#end(fault, response);
  }

  async #strikesAfter(
    fault: ApiFault | undefined,
    response: ServerResponse,
    bytes: Buffer,
  ): Promise<boolean> {
    if (fault === undefined || !('when' in fault)) return false;
    if (fault.when === 'after') return this.#end(fault, response);
    if (fault.when !== 'within') return false;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.byteLength });
    response.write(bytes.subarray(0, bytes.byteLength >> 1), () => response.destroy());
    return true;
  }

  async #end(fault: ApiFault, response: ServerResponse): Promise<boolean> {
    if (fault.kind === 'stall') await sleep(fault.ms);
    if (fault.kind === 'answer') refuse(response, fault);
    else response.destroy();
    return true;
  }

  async #watch(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const fault = this.#draw(drawWatchFault, `watch ${url.pathname}`);
    if (fault?.kind === 'refused') {
      refuse(response, fault);
      return;
    }
    const answer = await this.#forward(request, Buffer.alloc(0));
    response.once('close', () => answer.destroy());
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.on('error', () => response.destroy()).pipe(response);
    if (fault === undefined) return;
    await sleep(fault.afterMs);
    if (fault.kind === 'gone') {
      answer.unpipe(response);
      const object = statusOf(410, 'Expired');
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    } else {
      response.destroy();
    }
  }

  async #forward(request: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const { host: _, connection: __, ...headers } = request.headers;
    const sent = askUpstream(new URL(request.url ?? '/', this.#upstream.server), {
      agent: this.#connections,
      method: request.method,
      headers,
    });
    sent.end(body);
    const [answer] = await once(sent, 'response');
    return answer;
  }

  #draw<T extends ApiFault | WatchFault>(
    draw: (seed: number, request: string) => T | undefined,
    name: string,
  ): T | undefined {
    const times = (this.#asked.get(name) ?? 0) + 1;
    this.#asked.set(name, times);
    const fault = this.#isQuiet ? undefined : draw(this.#seed, `${name} ${times}`);
    if (fault === undefined) return undefined;
    const what = `${name.startsWith('watch ') ? 'watch ' : ''}${labelOf(fault)}`;
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
    return fault;
  }

  #countWrite(): Strike | undefined {
    const strike = this.#strike;
    if (strike === undefined) return undefined;
    strike.left -= 1;
    if (strike.left >= 0) return undefined;
    this.#strike = undefined;
    return strike;
  }
}

function labelOf(fault: ApiFault | WatchFault): string {
  const status = 'status' in fault ? ` ${fault.status}` : '';
  return `${fault.kind}${status}${'when' in fault ? ` ${fault.when}` : ''}`;
}

function statusOf(code: number, reason: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'injected', reason, code };
}

function refuse(
  response: ServerResponse,
  {
    status,
    reason,
    retryAfter,
  }: { readonly status: number; readonly reason: string; readonly retryAfter?: number },
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'audit-id': 'injected',
    ...(retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }),
  });
  response.end(JSON.stringify(statusOf(status, reason)));
}
