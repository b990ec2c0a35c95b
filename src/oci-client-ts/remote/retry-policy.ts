import { healsWithTime, type OciError } from '../errors.ts';

export interface RetryLimits {
  /** Tries of one request in all; 1 means no second try. */
  readonly attempts: number;
  /** Milliseconds: upper end of the first wait; it doubles with each try. */
  readonly baseDelayMs: number;
  /** Milliseconds: longest wait, also when the registry asks for one. Zero: no wait at all. */
  readonly maxDelayMs: number;
  /** Milliseconds from the first try on after which no new one starts. */
  readonly maxElapsedMs: number;
}

/** Rides out a restarting registry or a lost link of seconds; whoever polls has an interval for the rest. */
export const defaultRetryLimits: RetryLimits = {
  attempts: 5,
  baseDelayMs: 250,
  maxDelayMs: 10_000,
  maxElapsedMs: 60_000,
};

export type RetryVerdict =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'stop'; readonly reason: 'permanent' | 'attempts' | 'time' | 'asked-to-wait' };

export interface FailedTry {
  readonly error: OciError;
  /** 1 for the first. */
  readonly attempt: number;
  readonly elapsedMs: number;
}

/** 501 and its like are answers, not accidents. A status of the 400s here came from a redirect's target, whose address may have expired. */
const permanentStatuses: ReadonlySet<number> = new Set([501, 505, 506, 507, 508, 510, 511]);

/**
 * Full jitter: the wait is uniform between zero and the doubled base, so that sites that failed together do not return together. A wait
 * the registry asks for is obeyed when it is short, and else left to the caller, who finds it in the error.
 */
export function decideRetry(failed: FailedTry, limits: RetryLimits, random: number): RetryVerdict {
  const { error, attempt, elapsedMs } = failed;
  if (!isTransient(error)) return { kind: 'stop', reason: 'permanent' };
  if (attempt >= limits.attempts) return { kind: 'stop', reason: 'attempts' };
  const asked = error.details.retryAfterMs ?? 0;
  if (asked > limits.maxDelayMs) return { kind: 'stop', reason: 'asked-to-wait' };
  const backOff = Math.min(limits.maxDelayMs, limits.baseDelayMs * 2 ** (attempt - 1));
  const delayMs = Math.min(limits.maxDelayMs, asked + random * backOff);
  if (elapsedMs + delayMs > limits.maxElapsedMs) return { kind: 'stop', reason: 'time' };
  return { kind: 'retry', delayMs };
}

/** Whether time alone may heal it. */
export function isTransient(error: OciError): boolean {
  const { status } = error.details;
  return healsWithTime(error.code) && (status === undefined || !permanentStatuses.has(status));
}

/** One hour: a registry that asks for a year must not silence a site for a year. */
export const maxRetryAfterMs = 60 * 60 * 1000;

/** Milliseconds to wait by `Retry-After`, as seconds or as a date (RFC 9110 section 10.2.3), capped; absent when it is neither. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^[0-9]{1,15}$/.test(text)) return Math.min(Number(text) * 1000, maxRetryAfterMs);
  if (text.length > 40 || !/^[A-Z][a-z]+,? .*GMT$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - nowMs), maxRetryAfterMs);
}

/** Says when the allowance is whole again: of the drafts of IETF, and as GitHub and Docker Hub have it. */
const resetHeaders = ['ratelimit-reset', 'x-ratelimit-reset', 'x-retry-after'];

/** Larger numbers are seconds since 1970, not seconds from now: nobody waits for thirty years. */
const firstEpoch = 1_000_000_000;

/**
 * Milliseconds for which an answer asks to be left alone: by `Retry-After`, or where the allowance is used up and there is none, until the
 * allowance is whole again. At most an hour.
 */
export function askedPause(
  header: (name: string) => string | undefined,
  status: number,
  nowMs: number,
): number | undefined {
  const asked = parseRetryAfter(header('retry-after'), nowMs);
  if (asked !== undefined || status !== 429) return asked;
  const resets = resetHeaders.map((name) => /^\s*(\d{1,15})\s*(?:[;,]|$)/.exec(header(name) ?? '')?.[1]);
  const found = resets.find((digits) => digits !== undefined);
  if (found === undefined) return undefined;
  const seconds = Number(found);
  const ms = seconds * 1000 - (seconds >= firstEpoch ? nowMs : 0);
  return ms > 0 ? Math.min(ms, maxRetryAfterMs) : undefined;
}
