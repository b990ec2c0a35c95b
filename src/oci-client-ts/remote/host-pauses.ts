import { OciError } from '../errors.ts';
import type { Jitter, RegistryClock } from './clock.ts';
import type { RetryLimits } from './retry-policy.ts';

interface Pause {
  /** Monotonic milliseconds. */
  readonly until: number;
  /** Answers in a row that asked for a pause without saying how long. */
  readonly strikes: number;
}

export interface PauseOptions {
  readonly clock: RegistryClock;
  readonly jitter: Jitter;
  readonly limits: Pick<RetryLimits, 'baseDelayMs' | 'maxDelayMs'>;
}

/** Waiters must not all return in the same instant. */
const maxSpreadMs = 1000;
/** Hosts come from configuration, token servers from registries: both are few. */
const maxHosts = 1024;

/** Pauses that hosts asked for; all requests to a host keep them, whichever of them was told. */
export class HostPauses {
  readonly #options: PauseOptions;
  readonly #pauses = new Map<string, Pause>();

  constructor(options: PauseOptions) {
    this.#options = options;
  }

  /** Waits until the host may be asked. @throws OciError `rate-limited` when that takes too long, or the signal's reason. */
  async pass(url: URL, subject: string, signal: AbortSignal): Promise<void> {
    const pause = this.#pauses.get(url.origin);
    if (pause === undefined) return;
    const { clock, jitter, limits } = this.#options;
    const wait = pause.until - clock.monotonic();
    if (wait <= 0) return;
    if (wait > limits.maxDelayMs) {
      const retryAfterMs = Math.ceil(wait);
      const detail = `expected to be let in, got a pause of ${Math.ceil(wait / 1000)} s that ${url.host} asked for`;
      throw new OciError('rate-limited', subject, detail, { details: { retryAfterMs } });
    }
    await clock.sleep(wait + jitter.next() * Math.min(wait, maxSpreadMs), signal);
  }

  /** Takes note of an answer: 429 asks for a pause, 503 does when it says how long. */
  learn(url: URL, status: number, retryAfterMs: number | undefined): void {
    const before = this.#pauses.get(url.origin);
    if (status === 429 || (status === 503 && retryAfterMs !== undefined)) {
      this.#keep(url.origin, before, retryAfterMs);
    } else if (before !== undefined && this.#options.clock.monotonic() >= before.until) {
      this.#pauses.delete(url.origin);
    }
  }

  #keep(origin: string, before: Pause | undefined, retryAfterMs: number | undefined): void {
    const strikes = (before?.strikes ?? 0) + 1;
    const until = this.#options.clock.monotonic() + (retryAfterMs ?? this.#backOff(strikes));
    this.#pauses.delete(origin);
    this.#pauses.set(origin, { until: Math.max(until, before?.until ?? until), strikes });
    const [oldest] = this.#pauses.keys();
    if (this.#pauses.size > maxHosts && oldest !== undefined) this.#pauses.delete(oldest);
  }

  #backOff(strikes: number): number {
    const { jitter, limits } = this.#options;
    return jitter.next() * Math.min(limits.maxDelayMs, limits.baseDelayMs * 2 ** (strikes - 1));
  }
}
