import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerable, parseChallenges } from './challenge.ts';

const read = (...headers: string[]): unknown =>
  parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('parseChallenges', () => {
  it.each<[string, string, unknown]>([
    [
      'a bearer challenge',
      'Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"',
      [['bearer', { realm: 'https://a/t', service: 's', scope: 'repository:x:pull,push' }]],
    ],
    ['a basic challenge', 'Basic realm="x"', [['basic', { realm: 'x' }]]],
    ['an unquoted value', 'Basic realm=x', [['basic', { realm: 'x' }]]],
    ['names and schemes in any case', 'BEARER Realm="x"', [['bearer', { realm: 'x' }]]],
    [
      'spaces around the equals sign',
      'Bearer realm = "x" , service= "y"',
      [['bearer', { realm: 'x', service: 'y' }]],
    ],
    ['escapes and commas in quotes', 'Bearer realm="a\\"b,c=\\\\d"', [['bearer', { realm: 'a"b,c=\\d' }]]],
    [
      'several challenges in one header',
      'Negotiate, Basic realm="x", Bearer realm="y",service="z"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
        ['bearer', { realm: 'y', service: 'z' }],
      ],
    ],
    [
      'a scheme with a token',
      'Negotiate YWJj==, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['the first of a repeated name', 'Bearer realm="x",realm="evil"', [['bearer', { realm: 'x' }]]],
    ['a quote that never ends', 'Bearer realm="x', [['bearer', { realm: 'x' }]]],
    ['a parameter without scheme', 'realm="x"', []],
    ['characters that belong nowhere', '"" = ; Basic realm="x"', [['basic', { realm: 'x' }]]],
    ['nothing', '', []],
  ])('reads %s', (_behaviour, header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it('reads several headers in order', () => {
    expect(read('Negotiate', 'Basic realm="x"')).toEqual([
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ]);
  });

  it('stops at a number of challenges, and at a length', () => {
    expect(parseChallenges(['a,'.repeat(100)])).toHaveLength(16);
    expect(read(`${' '.repeat(9000)}Basic realm="x"`)).toEqual([]);
  });

  it('never throws, whatever the header holds', () => {
    const piece = fc.constantFrom(
      'Bearer',
      'Basic',
      ' ',
      ',',
      '=',
      '"',
      '\\',
      'realm',
      'YQ==',
      '\t',
      '\u0000',
      'é',
    );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (headers) => {
        for (const { scheme, parameters } of parseChallenges(headers)) {
          expect(scheme).not.toBe('');
          expect([...parameters.keys()]).not.toContain('');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back every challenge that was written by the rules', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const value = fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', ' ', '=', '/', ':') });
    const parameters = fc.dictionary(name, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, parameters), { maxLength: 3 }), (challenges) => {
        const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
        const written = challenges.map(([scheme, all]) => {
          const list = Object.entries(all).map(([key, text]) => `${key}=${quote(text)}`);
          return `${scheme} ${list.join(', ')}`;
        });
        expect(read(written.join(', '))).toEqual(challenges);
      }),
    );
  });
});

describe('answerable', () => {
  it.each([
    ['the first that can be answered', 'Negotiate, Bearer realm="x", Basic realm="y"', 'bearer'],
    ['basic when it comes first', 'Basic realm="y", Bearer realm="x"', 'basic'],
    ['no bearer without realm', 'Bearer service="x"', undefined],
    ['none of the others', 'Negotiate, NTLM', undefined],
  ])('chooses %s', (_behaviour, header, scheme) => {
    expect(answerable(parseChallenges([header]))?.scheme).toBe(scheme);
  });
});
