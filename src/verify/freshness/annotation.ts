import * as z from 'zod';

const instantSchema = z.iso.datetime({ offset: true });

/** Milliseconds since the epoch of an RFC 3339 time in upper case; `undefined` for every other text. */
export function parseInstant(text: string): number | undefined {
  return instantSchema.safeParse(text).success ? Date.parse(text) : undefined;
}

/** A whole number from 1 to 2^53 - 1 without sign, space or leading zero; `undefined` for every other text. */
export function parseSequence(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,15}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Names in a comma-separated list; spaces around them do not count, and an empty name is none. */
export function parseNames(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The last millisecond of the year 9999: RFC 3339 writes no later one. */
const lastInstant = 253_402_300_799_999;

/** True for milliseconds since the epoch that RFC 3339 can write. */
export function isInstant(at: number): boolean {
  return at >= 0 && at <= lastInstant;
}
