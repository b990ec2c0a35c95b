import { describe, expect, it } from 'vitest';
import { OciError, type OciErrorCode } from '../errors.ts';
import { type FailedUpload, judgeUpload, reachedBy } from './upload-verdict.ts';

function failed(code: OciErrorCode, status: number | undefined): OciError {
  return new OciError(code, 'blob', 'failed', { details: status === undefined ? {} : { status } });
}

describe('a failed request of an upload', () => {
  const whole: Omit<FailedUpload, 'error'> = { mode: 'whole', isClosing: true };
  const chunk: Omit<FailedUpload, 'error'> = { mode: 'chunks', isClosing: false };
  const end: Omit<FailedUpload, 'error'> = { mode: 'chunks', isClosing: true };
  it.each([
    ['unreachable', undefined, { whole: 'ask', chunk: 'ask', end: 'ask' }],
    ['timeout', undefined, { whole: 'ask', chunk: 'ask', end: 'ask' }],
    ['server-error', 503, { whole: 'ask', chunk: 'ask', end: 'ask' }],
    ['rate-limited', 429, { whole: 'ask', chunk: 'ask', end: 'ask' }],
    ['server-error', 404, { whole: 'ask', chunk: 'ask', end: 'ask' }],
    ['not-found', 404, { whole: 'anew', chunk: 'anew', end: 'anew' }],
    ['too-large', 413, { whole: 'too-long', chunk: 'stop', end: 'stop' }],
    ['protocol', 416, { whole: 'too-long', chunk: 'ask', end: 'ask' }],
    ['unauthorized', 401, { whole: 'ask', chunk: 'stop', end: 'stop' }],
    ['invalid', 400, { whole: 'stop', chunk: 'no-chunks', end: 'stop' }],
    ['unsupported', 405, { whole: 'stop', chunk: 'no-chunks', end: 'stop' }],
    ['denied', 403, { whole: 'stop', chunk: 'stop', end: 'stop' }],
    ['protocol', undefined, { whole: 'stop', chunk: 'stop', end: 'stop' }],
  ] as const)('with %s (%s)', (code, status, expected) => {
    const error = failed(code, status);
    expect({
      whole: judgeUpload({ ...whole, error }),
      chunk: judgeUpload({ ...chunk, error }),
      end: judgeUpload({ ...end, error }),
    }).toEqual(expected);
  });
});

it.each([
  ['0-99', 100],
  ['bytes=0-99', 100],
  ['0-0', 'none-or-one'],
  ['1-99', undefined],
  ['', undefined],
  ['0-99999999999999999999', undefined],
  [undefined, undefined],
])('the range %s stands for %s bytes', (header, bytes) => {
  expect(reachedBy(header)).toBe(bytes);
});
