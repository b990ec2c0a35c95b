import { expect, it } from 'vitest';
import { healsWithTime, isWrongContent, OciError, type OciErrorCode } from './errors.ts';
import { parseManifest } from './manifest.ts';

it('is one line that steers no terminal, whatever remote text is in it', () => {
  const text = '{"schemaVersion":2,"mediaType":"\\u001b[2J\\r\\nok\\u202e","config":{},"layers":[]}';
  const parse = () => parseManifest(new TextEncoder().encode(text), 'application/json');
  expect(parse).toThrow(OciError);
  expect(parse).toThrow(/, got {1,2}\[2J ok {1,2}inside$/);
});

it.each<[OciErrorCode, boolean, boolean, boolean]>([
  ['rate-limited', true, false, true],
  ['unreachable', true, false, true],
  ['timeout', true, false, true],
  ['server-error', true, false, true],
  ['digest-mismatch', false, true, true],
  ['size-mismatch', false, true, true],
  ['not-found', false, false, false],
  ['unauthorized', false, false, false],
  ['denied', false, false, false],
  ['unsupported', false, false, false],
  ['too-large', false, false, false],
  ['invalid', false, false, false],
  ['tls', false, false, false],
  ['protocol', false, false, false],
])('%s: heals with time %s, is wrong content %s, retryable %s', (code, time, content, retryable) => {
  expect(healsWithTime(code)).toBe(time);
  expect(isWrongContent(code)).toBe(content);
  expect(new OciError(code, 'it', 'failed').retryable).toBe(retryable);
});
