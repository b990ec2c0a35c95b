import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatJson, SealiftError } from '../../../core/index.ts';
import type { JsonValue } from '../json-value.ts';
import { readYamlDocuments } from './yaml-documents.ts';
import { readYamlValue } from './yaml-value.ts';

function read(text: string): readonly JsonValue[] {
  return [...readYamlDocuments('a.yaml', text)].map((document) => readYamlValue(document, 'source').value);
}

/** What JSON can say, but for the one character in it that YAML forbids. */
const value = fc.jsonValue().filter((one) => !JSON.stringify(one).includes('\u007f'));

/** The value as ours: a whole number that a double need not hold exactly is a bigint, within 64 bits; there is one zero. */
function exact(one: unknown): unknown {
  if (one === 0) return 0;
  if (typeof one === 'number' && Number.isInteger(one) && !Number.isSafeInteger(one)) {
    const whole = /e/.test(String(one)) ? undefined : BigInt(String(one));
    return whole !== undefined && whole >= -(2n ** 63n) && whole < 2n ** 64n ? whole : one;
  }
  if (Array.isArray(one)) return one.map(exact);
  if (typeof one !== 'object' || one === null) return one;
  return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, exact(item)]));
}

it('reads JSON as JSON', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(read(JSON.stringify(one))).toEqual([exact(one)]);
    }),
  );
});

/** That writer leaves such text without quotes; kustomize, and so this reader, takes it for a number. */
const plainNumber = /"[-+]?0[bBoOxX][\da-fA-F_]*"/;

it('reads what another writer of YAML prints', () => {
  fc.assert(
    fc.property(value, (one) => {
      fc.pre(!plainNumber.test(JSON.stringify(one)));
      expect(read(stringify(one, { version: '1.1', lineWidth: 0 }))).toEqual([exact(one)]);
    }),
  );
});

it('writes whole numbers to the digit, and reads them back', () => {
  fc.assert(
    fc.property(fc.bigInt(2n ** 53n, 2n ** 64n - 1n), (number) => {
      expect(formatJson({ number })).toBe(`{"number":${number}}`);
      expect(read(formatJson({ number }))).toEqual([{ number }]);
    }),
  );
});

it('fails with its own errors only, whatever the text', () => {
  const pieces = [
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '\t',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&x ',
    '*x',
    '<<: ',
    '!t ',
    '!!int ',
    '? ',
    '#',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '\\',
    '~',
    '1',
    '\ufeff',
    '日',
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (one) => {
      try {
        read(one);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(SealiftError);
      }
    }),
    { numRuns: 3000 },
  );
});

it('stops where the places of quoted strings with variables would take more memory than the file allows for', () => {
  const keys = Array.from({ length: 80 }, (_, depth) => `${' '.repeat(depth)}${'k'.repeat(900)}:\n`).join('');
  const text = `${keys}${`${' '.repeat(80)}- "$"\n`.repeat(300)}`;
  expect(() => read(text)).toThrow('characters in the places of quoted strings');
});
