import type { ClockReading } from './time-bound.ts';

/**
 * Milliseconds that have passed for certain since a reading that may be older than this process. The counter of the machine says it; one that began
 * anew with the machine has seen no more than what it says. The clock makes it only less, for a counter of another machine: set forward
 * it ends nothing early, and set back it makes nothing last longer than the counter says.
 */
export function elapsedSince(since: ClockReading, now: ClockReading): number {
  const counted = now.machine >= since.machine ? now.machine - since.machine : now.machine;
  const onTheWall = now.wall - since.wall;
  return onTheWall < 0 ? counted : Math.min(counted, onTheWall);
}
