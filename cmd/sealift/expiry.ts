import { rfc3339, SealiftError } from '../../src/core/index.ts';

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** The last second of the year 9999: RFC 3339 has no later one. Milliseconds. */
const lastMoment = 253_402_300_799_000;

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const moment = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** `Date.parse` takes the 30th of February for a day of March. */
function isDay(date: string): boolean {
  const at = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date);
}

function momentOf(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  if (count !== undefined) return now + Number(count) * (unitMs[unit] ?? 0);
  return moment.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
}

/**
 * Reads a moment, or a time from `now` (milliseconds since the epoch) as 90d, 12h or 30m; answers RFC 3339 in UTC.
 * @throws SealiftError USAGE for what is neither, or has passed.
 */
export function parseExpiry(text: string, now: number): string {
  const at = momentOf(text, now);
  if (!(at <= lastMoment)) {
    throw new SealiftError(
      'USAGE',
      '--expires',
      'expected a moment as 2027-01-31T12:00:00Z, or 90d, 12h, 30m from now',
    );
  }
  if (at <= now)
    throw new SealiftError('USAGE', '--expires', `expected a moment to come, got ${rfc3339(at)}`);
  return rfc3339(at);
}
