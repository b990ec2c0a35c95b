import type { Clock } from '../../../core/index.ts';

/** Between two looks, in milliseconds: the first soon, then ever later. */
const minPauseMs = 50;
const maxPauseMs = 2_000;

/** Looks until it gets an answer, for at most `limitMs`; `undefined` when there is none by then. */
export async function patiently<T>(
  clock: Clock,
  limitMs: number,
  look: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const end = clock.monotonic() + limitMs;
  for (let pauseMs = minPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
    const answer = await look();
    if (answer !== undefined || clock.monotonic() >= end) return answer;
    await clock.sleep(pauseMs, signal);
  }
}
