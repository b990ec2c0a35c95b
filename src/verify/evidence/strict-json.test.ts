import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refused } from './refused.ts';
import { parseStrictJson } from './strict-json.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('parseStrictJson', () => {
  it.each([
    ['a key twice', '{"a":1,"a":1}', '"a" twice'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}', '"a" twice'],
    ['a key twice, deep inside', '{"x":[{"y":{"a":1,"b":2,"a":3}}]}', '"a" twice'],
    ['a key twice around an object', '{"a":{"b":1},"a":1}', '"a" twice'],
    ['a key twice around a list', '{"a":[1,{"a":1}],"a":1}', '"a" twice'],
    ['the empty key twice', '{"":1,"":2}', '"" twice'],
    ['a key that names the prototype', '{"__proto__":{"critical":1}}', '__proto__'],
    ['an escaped key that names the prototype', '{"\\u005f_proto__":1}', '__proto__'],
    ['a byte order mark', '\ufeff{}', 'expected JSON'],
    ['text behind the document', '{} {}', 'expected JSON'],
    ['nothing', '', 'expected JSON'],
    ['a comment', '{/**/}', 'expected JSON'],
    ['a string without end', '{"a', 'a string without end'],
    ['a string that ends in an escape', '"\\', 'a string without end'],
    ['a key that is no string of JSON', '{"\n":1}', 'expected JSON'],
    ['500,001 tokens', `[${'1,'.repeat(500_000)}1]`, 'at most 500000 tokens'],
    ['lists 65 deep', `${'['.repeat(65)}${']'.repeat(65)}`, 'at most 64 deep'],
    ['objects 100,000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'at most 64 deep'],
  ])('refuses %s', (_what, text, reason) => {
    expect(() => parseStrictJson(bytes(text))).toThrow(Refused);
    expect(() => parseStrictJson(bytes(text))).toThrow(reason);
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow('expected UTF-8');
  });

  it.each([
    ['one key in several objects', '[{"a":1},{"a":2},{"b":{"a":3}}]'],
    ['a value that equals a key', '{"a":"b","b":"a","c":["a","a"]}'],
    ['a string that looks like structure', '{"a":"{\\"a\\":1,","b":"]}"}'],
    ['500,000 tokens', `[${'1,'.repeat(499_998)}1]`],
    ['lists 64 deep', `${'['.repeat(64)}${']'.repeat(64)}`],
  ])('reads %s', (_what, text) => {
    expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
  });

  it('reads whatever JSON.stringify writes, and nothing else than JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!text.includes('__proto__'));
        expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('answers escapes without end within a moment', () => {
    const started = process.cpuUsage().user;
    expect(() => parseStrictJson(bytes(`"${'\\"'.repeat(1024 * 1024)}`))).toThrow(Refused);
    expect(() => parseStrictJson(bytes('"a'.repeat(1024 * 1024)))).toThrow(Refused);
    expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
  });

  it('reads no more than JSON.parse does, whatever the text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}[\],:"\\ua1 -]*$/), (text) => {
        const parse = (read: () => unknown): unknown => {
          try {
            return { value: read() };
          } catch {
            return 'refused';
          }
        };
        const strict = parse(() => parseStrictJson(bytes(text)));
        if (strict !== 'refused') expect(strict).toEqual(parse(() => JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it('answers 256 KiB of strings and of brackets within a moment', () => {
    const strings = `["${'\\\\'.repeat(64 * 1024)}","${'x'.repeat(128 * 1024)}"]`;
    expect(parseStrictJson(bytes(strings))).toHaveLength(2);
    expect(() => parseStrictJson(bytes('['.repeat(256 * 1024)))).toThrow(Refused);
  });
});
