import * as z from 'zod';

const pattern = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration such as `1m30s`; the caller has checked the form. */
function durationToMs(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    total += Number(amount) * (milliseconds[unit ?? ''] ?? 0);
  }
  return total;
}

/** A duration as Go and Flux print it, to the millisecond: `25ms`, `5.081s`, `2m0s`, `1h0m30s`. */
export function formatDuration(ms: number): string {
  const whole = Math.round(ms);
  if (whole === 0) return '0s';
  if (whole < 1000) return `${whole}ms`;
  const [hours, minutes] = [Math.floor(whole / 3_600_000), Math.floor(whole / 60_000) % 60];
  const seconds = `${(whole % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

const form =
  'expected a duration such as 30s, 10m, 1h30m, or 2160h for 90 days: h, m, s and ms are its units';

/** A Flux duration (`90s`, `1h30m`), parsed to milliseconds. */
export const durationSchema = z
  .string(form)
  .regex(pattern, form)
  .transform(durationToMs)
  .refine((ms) => ms > 0, 'expected a duration above zero');
