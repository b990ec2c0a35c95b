/** A server that is away is asked again soon, and ever less often, since sites come back all at once. Milliseconds. */
const minRetryMs = 100;
const maxRetryMs = 30_000;

/** A kind that is not served, or not for us, is seldom there a moment later. Milliseconds. */
const minBarredMs = 5_000;
const maxBarredMs = 5 * 60_000;

/** Milliseconds before a watch that ended or could not begin is tried again: longer after each failure, and by a random part of the time. `random` is uniform in [0, 1). */
export function pauseMs(isBarred: boolean, failures: number, random: number): number {
  const [least, most] = isBarred ? [minBarredMs, maxBarredMs] : [minRetryMs, maxRetryMs];
  return Math.min(least * 2 ** Math.min(failures, 20), most) * (0.5 + random / 2);
}
