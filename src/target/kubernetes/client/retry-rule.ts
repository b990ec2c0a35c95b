import type { SealiftError } from '../../../core/index.ts';

/** Tries of one request in all: they ride out a full queue, or the change of an API server behind an address. */
const maxTries = 5;
/** Milliseconds: upper end of the first wait; it doubles with each try, five tries take some three seconds. */
const baseDelayMs = 200;
/** Milliseconds: the longest wait here. Who is asked to wait longer has other work, and finds the time in the error. */
const maxDelayMs = 10_000;

export interface FailedTry {
  readonly error: SealiftError;
  /** 1 for the first. */
  readonly tries: number;
  /** Whether it may have been carried out: one that was refused was not. */
  readonly repeatable: boolean;
}

/** Milliseconds until the next try, `undefined` when there is none. `random` is uniform in [0, 1). */
export function delayBeforeRetry(failed: FailedTry, random: number): number | undefined {
  const { error, tries } = failed;
  if (tries >= maxTries || !isTransient(failed)) return undefined;
  const asked = error.retryAfterMs ?? 0;
  if (asked > maxDelayMs) return undefined;
  return asked + random * Math.min(maxDelayMs, baseDelayMs * 2 ** (tries - 1));
}

function isTransient({ error, repeatable }: FailedTry): boolean {
  // Where the server names a time it has not begun.
  if (error.retryAfterMs !== undefined) return true;
  return repeatable && (error.code === 'TARGET_BUSY' || error.code === 'TARGET_UNREACHABLE');
}
