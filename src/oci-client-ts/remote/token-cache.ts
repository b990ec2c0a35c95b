import type { RegistryClock } from './clock.ts';

/** A value and how long it may be used. */
export interface Lease<T> {
  readonly value: T;
  /** Milliseconds from receipt. */
  readonly lifetimeMs: number;
}

interface Pending<T> {
  readonly token: Promise<Lease<T>>;
  readonly controller: AbortController;
  waiting: number;
}

/** One for each repository and kind of access; a registry that changes its challenge each time must not fill the memory. */
const maxTokens = 1024;

/** Renewed after this part of the life a token was granted, so that none dies on the way. */
const usablePart = 0.9;

/** Tokens, or other things that end, by key, in memory alone. Whoever asks for the same key at the same time waits for the same call. */
export class TokenCache<T = string> {
  readonly #clock: RegistryClock;
  readonly #held = new Map<string, { readonly token: Lease<T>; readonly until: number }>();
  readonly #pending = new Map<string, Pending<T>>();

  constructor(clock: RegistryClock) {
    this.#clock = clock;
  }

  /** The held token, or the one that `load` brings. A caller's abort ends its own wait; the call ends when nobody waits any more. */
  async get(key: string, load: (signal: AbortSignal) => Promise<Lease<T>>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const held = this.#held.get(key);
    if (held !== undefined && this.#clock.monotonic() < held.until) return held.token.value;
    const pending = this.#pending.get(key) ?? this.#start(key, load);
    return (await this.#join(key, pending, signal)).value;
  }

  /** Forgets a token that was refused, unless a newer one has taken its place. */
  drop(key: string, value: T): void {
    if (this.#held.get(key)?.token.value === value) this.#held.delete(key);
  }

  #start(key: string, load: (signal: AbortSignal) => Promise<Lease<T>>): Pending<T> {
    const controller = new AbortController();
    const token = load(controller.signal).then((loaded) => {
      this.#keep(key, loaded);
      return loaded;
    });
    const pending: Pending<T> = { token, controller, waiting: 0 };
    this.#pending.set(key, pending);
    const forget = (): void => this.#forget(key, pending);
    token.then(forget, forget);
    return pending;
  }

  async #join(key: string, pending: Pending<T>, signal: AbortSignal): Promise<Lease<T>> {
    let abort = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason);
    });
    signal.addEventListener('abort', abort, { once: true });
    pending.waiting += 1;
    try {
      return await Promise.race([pending.token, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
      pending.waiting -= 1;
      if (pending.waiting === 0) {
        this.#forget(key, pending);
        pending.controller.abort(signal.reason);
      }
    }
  }

  #forget(key: string, pending: Pending<T>): void {
    if (this.#pending.get(key) === pending) this.#pending.delete(key);
  }

  #keep(key: string, token: Lease<T>): void {
    this.#held.delete(key);
    this.#held.set(key, { token, until: this.#clock.monotonic() + token.lifetimeMs * usablePart });
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= maxTokens) break;
      this.#held.delete(oldest);
    }
  }
}
