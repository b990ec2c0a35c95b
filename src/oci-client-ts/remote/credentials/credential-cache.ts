import type { Credential } from '../../credentials.ts';
import { OciError } from '../../errors.ts';
import type { RegistryClock } from '../clock.ts';
import { TokenCache } from '../token-cache.ts';

/** Of credentials that do not say: a withdrawn one is out of use after this time. */
const defaultLifetimeMs = 60 * 60 * 1000;
const minLifetimeMs = 60_000;
/** The longest that a cloud grants is twelve hours; a day says that nobody meant it. */
const maxLifetimeMs = 24 * 60 * 60 * 1000;
/** A source that failed is left in peace this long, or as long as it asked for: many repositories ask at the same time. */
const failureHoldMs = 5_000;
/** A registry that refuses what was just fetched will refuse the next as well; it must not drive the cloud's rate limits. */
const minAgeMs = 30_000;

/** Credentials by key, in memory alone, until nine tenths of their life are over; asked for once, however many wait. */
export class CredentialCache {
  readonly #clock: RegistryClock;
  readonly #held: TokenCache<readonly Credential[]>;
  readonly #latest = new Map<string, { readonly credentials: readonly Credential[]; readonly at: number }>();
  readonly #failed = new Map<string, { readonly error: OciError; readonly until: number }>();

  constructor(clock: RegistryClock) {
    this.#clock = clock;
    this.#held = new TokenCache(clock);
  }

  /** @throws what `load` throws, and the same again for some seconds without asking. */
  async get(
    key: string,
    load: (signal: AbortSignal) => Promise<readonly Credential[]>,
    signal: AbortSignal,
  ): Promise<readonly Credential[]> {
    const failed = this.#failed.get(key);
    if (failed !== undefined && this.#clock.monotonic() < failed.until) throw failed.error;
    this.#failed.delete(key);
    return this.#held.get(key, (shared) => this.#load(key, load, shared), signal);
  }

  /** What is held is fetched again at the next call, unless it is only just there. */
  forget(key: string): void {
    const latest = this.#latest.get(key);
    if (latest === undefined || this.#clock.monotonic() - latest.at < minAgeMs) return;
    this.#held.drop(key, latest.credentials);
    this.#latest.delete(key);
  }

  async #load(
    key: string,
    load: (signal: AbortSignal) => Promise<readonly Credential[]>,
    signal: AbortSignal,
  ): Promise<{ value: readonly Credential[]; lifetimeMs: number }> {
    try {
      const value = await load(signal);
      this.#latest.set(key, { credentials: value, at: this.#clock.monotonic() });
      return { value, lifetimeMs: lifetimeOf(value, this.#clock.now()) };
    } catch (error) {
      if (error instanceof OciError) this.#hold(key, error);
      throw error;
    }
  }

  #hold(key: string, error: OciError): void {
    const wait = Math.max(failureHoldMs, error.details.retryAfterMs ?? 0);
    this.#failed.set(key, { error, until: this.#clock.monotonic() + wait });
  }
}

/** A site whose clock is wrong sees what it just got as expired: it is used all the same, and not fetched anew for each request. */
function lifetimeOf(credentials: readonly Credential[], now: number): number {
  const ends = credentials.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
  if (ends.length === 0) return defaultLifetimeMs;
  return Math.min(Math.max(Math.min(...ends) - now, minLifetimeMs), maxLifetimeMs);
}
