import { OciError } from '../errors.ts';
import type { Jitter, RegistryClock } from './clock.ts';
import { decideRetry, type RetryLimits } from './retry-policy.ts';

export interface RetryContext {
  readonly clock: RegistryClock;
  readonly jitter: Jitter;
  readonly limits: RetryLimits;
  readonly signal: AbortSignal;
}

/** Runs an operation until it works, fails for good, or the limits are reached; then its last error comes out. */
export async function withRetries<T>(
  { clock, jitter, limits, signal }: RetryContext,
  operation: () => Promise<T>,
): Promise<T> {
  const start = clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    try {
      signal.throwIfAborted();
      return await operation();
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      const elapsedMs = clock.monotonic() - start;
      const verdict = decideRetry({ error, attempt, elapsedMs }, limits, jitter.next());
      if (verdict.kind === 'stop') throw error;
      await clock.sleep(verdict.delayMs, signal);
    }
  }
}
