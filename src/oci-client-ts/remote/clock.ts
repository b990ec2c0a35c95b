import { setTimeout as wait } from 'node:timers/promises';

/** Time as the transport needs it; any object of this shape will do. */
export interface RegistryClock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds since start; never goes back. */
  monotonic(): number;
  /** Rejects with the signal's reason when aborted, and then leaves no timer. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Uniform in [0, 1); for jitter alone. */
export interface Jitter {
  next(): number;
}

export const systemClock: RegistryClock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

export const systemJitter: Jitter = { next: () => Math.random() };
