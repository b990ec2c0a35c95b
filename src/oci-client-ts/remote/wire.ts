import type { RawAnswer } from './answer-listener.ts';
import type { Jitter, RegistryClock } from './clock.ts';
import type { Connections } from './connections.ts';
import { type Exchange, type ExchangeLimits, exchange } from './exchange.ts';
import { HostPauses } from './host-pauses.ts';
import { Notices, type RegistryWarning } from './notices.ts';
import { askedPause, type RetryLimits } from './retry-policy.ts';

export interface WireOptions {
  readonly clock: RegistryClock;
  readonly jitter: Jitter;
  readonly delays: RetryLimits;
  readonly limits: ExchangeLimits;
  readonly userAgent: string;
  readonly onWarning: ((warning: RegistryWarning) => void) | undefined;
}

/** Single exchanges over shared connections, with what hosts say to all: pauses they ask for, warnings, allowances. */
export class Wire {
  readonly notices: Notices;
  readonly #connections: Connections;
  readonly #options: WireOptions;
  readonly #pauses: HostPauses;

  constructor(connections: Connections, options: WireOptions) {
    const { clock, jitter, delays, onWarning } = options;
    this.#connections = connections;
    this.#options = options;
    this.#pauses = new HostPauses({ clock, jitter, limits: delays });
    this.notices = new Notices(onWarning);
  }

  /** On behalf of the registry at `registry`. @throws OciError, or the signal's reason. */
  async send(call: Exchange, registry: URL): Promise<RawAnswer> {
    const { url, subject, signal } = call;
    await this.#pauses.pass(url, subject, signal);
    const headers = { 'user-agent': this.#options.userAgent, ...call.headers };
    const dispatcher = this.#connections.dispatcher(url, registry);
    const raw = await exchange(dispatcher, { ...call, headers }, this.#options.limits);
    const header = (name: string): string | undefined => [raw.headers[name]].flat()[0];
    this.#pauses.learn(url, raw.status, askedPause(header, raw.status, this.#options.clock.now()));
    this.notices.read(url, raw.headers);
    return raw;
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}
