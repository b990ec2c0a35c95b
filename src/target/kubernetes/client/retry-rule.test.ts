import { describe, expect, it } from 'vitest';
import { type ErrorCode, SealiftError } from '../../../core/index.ts';
import { delayBeforeRetry } from './retry-rule.ts';

const error = (code: ErrorCode, retryAfterMs?: number) => new SealiftError(code, 'a', 'b', { retryAfterMs });
const first = { tries: 1, repeatable: true };

describe('a request that failed is tried again', () => {
  it.each([
    ['when the server is busy', { ...first, error: error('TARGET_BUSY') }, 100],
    ['when the connection was lost', { ...first, error: error('TARGET_UNREACHABLE') }, 100],
    ['ever more slowly', { ...first, tries: 4, error: error('TARGET_BUSY') }, 800],
    ['when the server asks for it, and not before', { ...first, error: error('TARGET_FAILED', 2000) }, 2100],
  ])('%s', (_when, failed, expected) => {
    expect(delayBeforeRetry(failed, 0.5)).toBe(expected);
  });

  it.each([
    ['more than four times', { ...first, tries: 5, error: error('TARGET_BUSY') }],
    ['when the server asks for more than ten seconds', { ...first, error: error('TARGET_BUSY', 11_000) }],
    ['when the server refused it', { ...first, error: error('TARGET_INVALID') }],
    ['when it took too long already', { ...first, error: error('TARGET_TIMEOUT') }],
    [
      'when it may have been carried out',
      { ...first, repeatable: false, error: error('TARGET_UNREACHABLE') },
    ],
  ])('but not %s', (_when, failed) => {
    expect(delayBeforeRetry(failed, 0.5)).toBeUndefined();
  });
});
