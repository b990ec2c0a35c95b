import { describe, expect, it } from 'vitest';
import { OciError, type OciErrorCode, type OciErrorDetails } from '../errors.ts';
import {
  askedPause,
  decideRetry,
  defaultRetryLimits,
  maxRetryAfterMs,
  parseRetryAfter,
} from './retry-policy.ts';

const limits = { attempts: 4, baseDelayMs: 100, maxDelayMs: 1000, maxElapsedMs: 5000 };
const failure = (code: OciErrorCode, details: OciErrorDetails = {}): OciError =>
  new OciError(code, 'x', 'y', { details });
const decide = (error: OciError, change: { attempt?: number; elapsedMs?: number; random?: number } = {}) =>
  decideRetry(
    { error, attempt: change.attempt ?? 1, elapsedMs: change.elapsedMs ?? 0 },
    limits,
    change.random ?? 0.5,
  );

describe('decideRetry', () => {
  it.each([
    ['after a lost connection', failure('unreachable'), {}, { kind: 'retry', delayMs: 50 }],
    ['after a timeout', failure('timeout'), {}, { kind: 'retry', delayMs: 50 }],
    ['after 503', failure('server-error', { status: 503 }), {}, { kind: 'retry', delayMs: 50 }],
    ['after 429', failure('rate-limited', { status: 429 }), {}, { kind: 'retry', delayMs: 50 }],
    [
      'after twice the wait at the second failure',
      failure('unreachable'),
      { attempt: 2 },
      { kind: 'retry', delayMs: 100 },
    ],
    [
      'after no wait at all when chance says so',
      failure('unreachable'),
      { random: 0 },
      { kind: 'retry', delayMs: 0 },
    ],
    [
      'after the wait that was asked for, and a bit',
      failure('rate-limited', { retryAfterMs: 300 }),
      {},
      { kind: 'retry', delayMs: 350 },
    ],
    [
      'never later than the longest wait',
      failure('rate-limited', { retryAfterMs: 990 }),
      {},
      { kind: 'retry', delayMs: 1000 },
    ],
  ])('tries again %s', (_behaviour, error, change, expected) => {
    expect(decide(error, change)).toEqual(expected);
  });

  it.each([
    ['what is not there', failure('not-found', { status: 404 }), {}, 'permanent'],
    ['a missing right', failure('denied', { status: 403 }), {}, 'permanent'],
    ['wrong content', failure('digest-mismatch'), {}, 'permanent'],
    ['a status that will not change', failure('server-error', { status: 505 }), {}, 'permanent'],
    ['the last try', failure('unreachable'), { attempt: 4 }, 'attempts'],
    ['a long time', failure('unreachable'), { elapsedMs: 4951 }, 'time'],
    [
      'a registry that asks for a long wait',
      failure('rate-limited', { retryAfterMs: 1001 }),
      {},
      'asked-to-wait',
    ],
  ])('stops at %s', (_behaviour, error, change, reason) => {
    expect(decide(error, change)).toEqual({ kind: 'stop', reason });
  });

  it('ends within its budget with the default limits, whatever chance says', () => {
    let waited = 0;
    for (let attempt = 1; ; attempt += 1) {
      const verdict = decideRetry(
        { error: failure('timeout'), attempt, elapsedMs: waited },
        defaultRetryLimits,
        0.999,
      );
      if (verdict.kind === 'stop') break;
      waited += verdict.delayMs;
    }
    expect(waited).toBeGreaterThan(3000);
    expect(waited).toBeLessThan(5000);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);
  it.each([
    ['seconds', '7', 7000],
    ['zero', '0', 0],
    ['a date', 'Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['a date gone by', 'Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['a year', '31536000', maxRetryAfterMs],
    ['a date next year', 'Fri, 01 Jan 2027 12:00:00 GMT', maxRetryAfterMs],
    ['a negative number', '-5', undefined],
    ['a fraction', '1.5', undefined],
    ['words', 'soon', undefined],
    ['a date that is none', 'Foo, 99 Bar 2026 GMT', undefined],
    ['nothing', undefined, undefined],
  ])('reads %s', (_behaviour, header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});

describe('askedPause', () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);
  const at = (seconds: number): string => `${now / 1000 + seconds}`;
  it.each<[string, number, Record<string, string>, number | undefined]>([
    ['Retry-After', 429, { 'retry-after': '7', 'ratelimit-reset': '90' }, 7000],
    ['Retry-After of any status', 503, { 'retry-after': '7' }, 7000],
    ['the seconds until the allowance is whole', 429, { 'ratelimit-reset': '90' }, 90_000],
    ['the same with parameters', 429, { 'ratelimit-reset': '90;w=60' }, 90_000],
    ['the moment at which it is, as GitHub has it', 429, { 'x-ratelimit-reset': at(45) }, 45_000],
    ['the moment, as Docker Hub has it', 429, { 'x-retry-after': at(30) }, 30_000],
    ['a moment next year', 429, { 'x-ratelimit-reset': at(31_536_000) }, maxRetryAfterMs],
    ['nothing of a moment gone by', 429, { 'x-ratelimit-reset': at(-5) }, undefined],
    ['nothing of an answer that was given', 200, { 'ratelimit-reset': '90' }, undefined],
    ['nothing of words', 429, { 'ratelimit-reset': 'soon' }, undefined],
    ['nothing of nothing', 429, {}, undefined],
  ])('takes %s', (_what, status, headers, expected) => {
    expect(askedPause((name) => headers[name], status, now)).toBe(expected);
  });
});
