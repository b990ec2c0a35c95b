import { Refused } from '../evidence/refused.ts';

/** A moment at which the signature existed, and who says so. */
export interface ProvenTime {
  readonly by: 'log' | 'timestamp';
  /** Who runs the log or the timestamp authority, or where, when the trusted root does not say. */
  readonly operator: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Clocks of sites differ by less. A time further ahead is no proof of the past: a clock is wrong, or somebody lies. */
const maxClockSkew = 5 * 60_000;

/** @throws Refused TIMESTAMP_INVALID for a time that lies ahead of the site's clock. */
export function requirePast(times: readonly ProvenTime[], now: number): void {
  for (const { by, operator, at } of times) {
    if (at <= now + maxClockSkew) continue;
    const said = `${isoTime(at)} by the ${by} of ${operator}`;
    throw new Refused(
      'TIMESTAMP_INVALID',
      `expected a time up to ${isoTime(now)}, five minutes more at most, got ${said}`,
    );
  }
}

/** A span of time, both ends inclusive, in milliseconds since the epoch. */
export interface Window {
  readonly notBefore?: number | undefined;
  readonly notAfter?: number | undefined;
}

/** True when the moment lies inside. NaN lies nowhere. */
export function contains({ notBefore, notAfter }: Window, at: number): boolean {
  return at >= (notBefore ?? Number.NEGATIVE_INFINITY) && at <= (notAfter ?? Number.POSITIVE_INFINITY);
}

/** The moments at which a signer has to have been entitled: each proven one, the site's now where there is none. */
export function momentsOf(times: readonly ProvenTime[], now: number): readonly number[] {
  return times.length === 0 ? [now] : times.map(({ at }) => at);
}

/** For messages; a moment outside of the calendar is told as it is. */
export function isoTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

/** For messages. */
export function describeWindow({ notBefore, notAfter }: Window): string {
  const from = notBefore === undefined ? 'ever' : isoTime(notBefore);
  return `from ${from} to ${notAfter === undefined ? 'ever' : isoTime(notAfter)}`;
}
