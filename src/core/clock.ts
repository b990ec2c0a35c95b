/** Time, injected wherever a decision depends on it. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds since some moment that lies before; never goes back while the machine runs. */
  monotonic(): number;
  /** Rejects with the signal's reason when aborted, and then leaves no timer. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Randomness for jitter; never for keys. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
