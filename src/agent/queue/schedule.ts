import type { SealiftError } from '../../core/index.ts';
import { isWaiting } from '../status/delivery-transition.ts';

/** Share of the interval by which a poll may come early or late, as Flux's default. */
const jitterShare = 0.05;

/** The first poll after a restart is spread over at most this long, so that a thousand sites do not ask in one second. */
const maxSpreadMs = 60_000;

/** Back-off of failed work: doubled from the first to the last, as Flux's controllers. */
const minRetryMs = 750;
const maxRetryMs = 15 * 60_000;

/** A registry that asks for a year must not silence a site for a year. */
const maxPauseMs = 60 * 60_000;

/**
 * Milliseconds after which what has no interval of its own (a watch, a withdrawal, the state on disk) is tried again at the latest. A source
 * that left the configuration is forgotten after as long: its name may have been mistyped.
 */
export const siteIntervalMs: number = 10 * 60_000;

/** Milliseconds to the next run: the interval, jittered. `random` is uniform in [0, 1). */
export function nextRunDelay(intervalMs: number, random: number): number {
  return Math.round(intervalMs * (1 + jitterShare * (2 * random - 1)));
}

/** Milliseconds to the first poll after a start: at once where nothing is in force yet, spread where something is. */
export function firstPollDelay(intervalMs: number, inForce: boolean, random: number): number {
  return inForce ? Math.round(Math.min(intervalMs, maxSpreadMs) * random) : 0;
}

/**
 * Milliseconds to the next try after `failures` failures in a row: exponential with half jitter, never longer than the interval,
 * so that failing work is not retried later than healthy work would be.
 */
export function retryDelay(failures: number, intervalMs: number, random: number): number {
  const grown = minRetryMs * 2 ** Math.min(failures - 1, 16);
  const ceiling = Math.min(grown, maxRetryMs, Math.max(intervalMs, minRetryMs));
  return Math.round(ceiling * (0.5 + random / 2));
}

/** How a run ended. */
interface End {
  readonly error?: SealiftError;
  /** In a row. */
  readonly failures: number;
}

/** Milliseconds to the next run: the interval after success, and after a fault that only another input can mend; sooner after one that time may heal. */
export function afterRunDelay({ error, failures }: End, intervalMs: number, random: number): number {
  const heals = error?.retryable === true && !isWaiting(error);
  return heals ? retryDelay(failures, intervalMs, random) : nextRunDelay(intervalMs, random);
}

/** Milliseconds for which a registry that asked for a pause is left alone at least; an hour at most. */
export function boundedPause(askedMs: number): number {
  return Math.min(askedMs, maxPauseMs);
}

/** Milliseconds to the next poll after a pause that was asked for: never before it is over, and not all sites at once. */
export function pauseDelay(askedMs: number, random: number): number {
  return Math.ceil(boundedPause(askedMs) * (1 + jitterShare * random));
}
