import { describe, expect, it } from 'vitest';
import { configMap } from '../../test/fixtures/objects.ts';
import { refOf } from '../core/index.ts';
import { createMemoryTarget } from './index.ts';

const idle = new AbortController().signal;

/** The line that a target writes for one value. */
async function lineFor(value: unknown): Promise<string> {
  const target = createMemoryTarget();
  const object = configMap('one', { data: { key: value } });
  await target.write(object, { recreate: false }, idle);
  return (target.text(refOf(object)) ?? '').split('data:\n  key:')[1]?.trim() ?? '';
}

describe('the text of an object', () => {
  it.each([
    ...['yes', 'No', 'on', 'off', 'y', 'N', 'true', '~', 'null', '', '<<'],
    ...['1', '1_000', '0o17', '+0o7', '0777', '0x1F', '0b1', '-_7', '1e3', '.5', '.inf', '.NaN', '190:20:30'],
    ...['2001-01-01', '2001-12-14t21:59:43.10-05:00'],
  ])('quotes the string %j, which a reader of YAML 1.1 or Go would take for something else', async (text) => {
    expect(await lineFor(text)).toBe(JSON.stringify(text));
  });

  it.each(['10m', '1Gi', '10.0.0.1/8', 'v1.2.3', 'a b', 'nginx:1.29@sha256:00'])(
    'leaves %j readable',
    async (text) => {
      expect(await lineFor(text)).toBe(text);
    },
  );

  it.each([
    ['a line break of YAML 1.1', 'a\u2028b\u0085c', '"a\\u2028b\\u0085c"'],
    ['a byte order mark', '\ufeffa', '"\\ufeffa"'],
    ['a first line that begins with a tab', '\ta\nb', '"\\ta\\nb"'],
    ['blanks and a line end alone', ' \n', '"\\ \\n"'],
    ['a carriage return', 'a\r\nb\n', '"a\\r\\nb\\n"'],
  ])('escapes %s', async (_behaviour, text, line) => {
    expect(await lineFor(text)).toBe(line);
  });

  it.each([
    ['a script', '#!/bin/sh\necho "$A"\n', '|\n    #!/bin/sh\n    echo "$A"'],
    ['a long line', 'x '.repeat(200).trim(), 'x '.repeat(200).trim()],
    ['an exact integer', 123456789012345678901234567890n, '123456789012345678901234567890'],
  ])('keeps %s as it is', async (_behaviour, value, text) => {
    expect(await lineFor(value)).toBe(text);
  });

  it('repeats a shared part instead of referring to it', async () => {
    const shared = { a: 1 };
    expect(await lineFor([shared, shared])).toBe('- a: 1\n    - a: 1');
  });
});
