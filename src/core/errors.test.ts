import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asSealiftError, type ErrorCode, errorTable, type RetryClass, SealiftError } from './index.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

describe('docs/errors.md', () => {
  const retried: Record<RetryClass, string> = {
    backoff: 'yes, ever more slowly',
    'on-change': 'when its input changes',
    never: 'no',
  };
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = new Map(
    page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')))
      .map(([, code = '', origin, retry, meaning, next]) => [
        code.replaceAll('`', ''),
        { origin, retry, meaning, next },
      ]),
  );

  it('has a row for every code of the table, in its order, and no other row', () => {
    expect([...rows.keys()], 'run `npm run docs:errors`').toEqual(codes);
  });

  it.each(codes)('says of %s what the table says', (code) => {
    const { origin, retry, next } = errorTable[code];
    expect(rows.get(code)).toMatchObject({ origin, retry: retried[retry], next });
  });

  it.each(codes)('says what %s means', (code) => {
    expect(rows.get(code)?.meaning).toMatch(/^[A-Za-z].{10,}\.$/);
  });
});

describe('docs/verification.md', () => {
  const page = readFileSync(new URL('../../docs/verification.md', import.meta.url), 'utf8');
  const ofVerification =
    /^(SIGNATURE|CERTIFICATE|LOG|TIMESTAMP|TIME|KEY|POLICY|ATTESTATION|REVISION|IDENTITY|TRUST)_/;

  it.each(codes.filter((code) => ofVerification.test(code)))('says what to do about %s', (code) => {
    expect(page).toMatch(new RegExp(`^\\| \`${code}\` \\| .+ \\| .+ \\|$`, 'm'));
  });
});

describe('the error table', () => {
  it.each(codes)('%s tells the operator what to do next, in a sentence', (code) => {
    expect(errorTable[code].next).toMatch(/^[A-Z].*\.$/);
  });
});

describe('SealiftError', () => {
  it('puts the subject first and knows what its code says', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new SealiftError('REGISTRY_UNREACHABLE', 'oci://localhost/app', 'connection refused', {
      cause,
    });
    expect(error.message).toBe('oci://localhost/app: connection refused');
    expect(error).toMatchObject({ name: 'SealiftError', origin: 'registry', retryable: true, cause });
    expect(error.next).toBe(errorTable.REGISTRY_UNREACHABLE.next);
  });

  it.each(codes)('%s is retryable only where the same input may work later', (code) => {
    expect(new SealiftError(code, 'x', 'y').retryable).toBe(errorTable[code].retry === 'backoff');
  });
});

describe('asSealiftError', () => {
  it('gives a SealiftError back unchanged', () => {
    const error = new SealiftError('USAGE', 'sealift', 'unknown option');
    expect(asSealiftError(error, 'other', 'DISK_FAILED')).toBe(error);
  });

  it.each([
    ['an Error', new Error('no space left'), 'no space left'],
    ['a text', 'no space left', 'no space left'],
    ['nothing at all', undefined, 'undefined'],
  ])('gives %s a code and keeps it as the cause', (_what, thrown, detail) => {
    const error = asSealiftError(thrown, '/state', 'DISK_FAILED');
    expect(error).toMatchObject({ code: 'DISK_FAILED', message: `/state: ${detail}`, cause: thrown });
  });

  it.each<[string, ErrorCode | undefined, ErrorCode]>([
    ['ENOENT', 'KEY_INVALID', 'FILE_NOT_FOUND'],
    ['EACCES', 'KEY_INVALID', 'DISK_FAILED'],
    ['EPERM', 'CONFIG_INVALID', 'DISK_FAILED'],
    ['EISDIR', 'KEY_INVALID', 'KEY_INVALID'],
    ['ENOENT', 'TARGET_FAILED', 'TARGET_FAILED'],
    ['EACCES', 'TARGET_FAILED', 'TARGET_FAILED'],
    ['ENOENT', undefined, 'DISK_FAILED'],
  ])(
    'tells a file that cannot be seen from one with a fault: %s where %s is looked for is %s',
    (system, given, code) => {
      const thrown = Object.assign(new Error(system), { code: system, syscall: 'open', errno: -1 });
      expect(asSealiftError(thrown, 'cosign.key', given).code).toBe(code);
    },
  );

  it('calls what nobody foresaw INTERNAL', () => {
    expect(asSealiftError(new TypeError('x'), 'y').code).toBe('INTERNAL');
  });
});
