import { type Clock, SealiftError } from '../../core/index.ts';

interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  /** What the error names when time is up. */
  readonly subject: string;
}

/**
 * Runs work that ends, by abort, when the deadline passes. @throws SealiftError REGISTRY_TIMEOUT then.
 */
export async function withDeadline<T>(
  { clock, ms, subject }: Deadline,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, done.signal).then(
    () => late.abort(new SealiftError('REGISTRY_TIMEOUT', subject, `no answer within ${ms} ms`)),
    () => undefined,
  );
  try {
    return await work(AbortSignal.any([outer, late.signal]));
  } catch (thrown) {
    throw late.signal.aborted ? late.signal.reason : thrown;
  } finally {
    done.abort();
  }
}
