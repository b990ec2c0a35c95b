import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolvePlain, type Scalar } from './scalar.ts';

// What kustomize 5.8.1 makes of each scalar (`source`) and what sigs.k8s.io/yaml 1.6 reads it as (`printed`).

const same: readonly (readonly [string, Scalar])[] = [
  ['', null],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['NULL', null],
  ['nUll', 'nUll'],
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['tRue', 'tRue'],
  ['false', false],
  ['False', false],
  ['FALSE', false],
  ['0', 0],
  ['-0', 0],
  ['00', 0],
  ['12', 12],
  ['+12', 12],
  ['-12', -12],
  ['0777', 511],
  ['07_7', 63],
  ['0o777', 511],
  ['0O777', 511],
  ['0o8', '0o8'],
  ['08', 8],
  ['09', 9],
  ['01.5', 1.5],
  ['0777777777777777777777777', 7.777777777777778e23],
  ['0x1F', 31],
  ['0X1F', 31],
  ['+0x1F', 31],
  ['-0x1F', -31],
  ['0x_1F', 31],
  ['0x', '0x'],
  ['0b101', 5],
  ['-0b101', -5],
  ['0b-101', -5],
  ['0b+1', 1],
  ['-0b-1', '-0b-1'],
  ['0b', '0b'],
  ['0b102', '0b102'],
  ['1_000', 1000],
  ['1__0', 10],
  ['1_', 1],
  ['_1', '_1'],
  ['1_000.5', 1000.5],
  ['1_0e3', 10_000],
  ['1.0', 1],
  ['1.', 1],
  ['1.10', 1.1],
  ['.5', 0.5],
  ['-.5', -0.5],
  ['+.5', 0.5],
  ['0.0', 0],
  ['12e3', 12_000],
  ['1e3', 1000],
  ['1E3', 1000],
  ['1e+3', 1000],
  ['1e-7', 1e-7],
  ['1e21', 1e21],
  ['1.7976931348623157e308', Number.MAX_VALUE],
  ['4.9e-324', 5e-324],
  ['1e-400', 0],
  ['1e400', '1e400'],
  ['1e', '1e'],
  ['e1', 'e1'],
  ['0x1.8p3', '0x1.8p3'],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740993', 9_007_199_254_740_993n],
  ['9223372036854775807', 2n ** 63n - 1n],
  ['-9223372036854775808', -(2n ** 63n)],
  ['-9223372036854775809', -(2 ** 63)],
  ['18446744073709551615', 2n ** 64n - 1n],
  ['18446744073709551616', 2 ** 64],
  ['0xFFFFFFFFFFFFFFFF', 2n ** 64n - 1n],
  ['0x10000000000000000', '0x10000000000000000'],
  ['-0x8000000000000000', -(2n ** 63n)],
  ['123456789012345678901234567890', 1.2345678901234568e29],
  ['.inf', Infinity],
  ['.Inf', Infinity],
  ['.INF', Infinity],
  ['+.inf', Infinity],
  ['-.inf', -Infinity],
  ['.nan', Number.NaN],
  ['.NaN', Number.NaN],
  ['Infinity', 'Infinity'],
  ['NaN', 'NaN'],
  ['inf', 'inf'],
  ['12:30:45', '12:30:45'],
  ['1:30', '1:30'],
  ['1.2.3', '1.2.3'],
  ['+', '+'],
  ['.', '.'],
  ['..', '..'],
  ['=', '='],
  ['2001-12-14 21:59:43.10 -5', '2001-12-14 21:59:43.10 -5'],
  ['2001-13-01', '2001-13-01'],
  ['2001-02-29', '2001-02-29'],
];

describe('resolvePlain', () => {
  it.each(same)('%o is the same for both readers', (text, value) => {
    expect(resolvePlain(text, 'source')).toBe(value);
    expect(resolvePlain(text, 'printed')).toBe(value);
  });

  it.each(['yes', 'Yes', 'YES', 'on', 'On', 'ON', 'y', 'Y'])(
    '%s is true only for the second reader',
    (text) => {
      expect(resolvePlain(text, 'source')).toBe(text);
      expect(resolvePlain(text, 'printed')).toBe(true);
    },
  );

  it.each(['no', 'No', 'NO', 'off', 'Off', 'OFF', 'n', 'N'])(
    '%s is false only for the second reader',
    (text) => {
      expect(resolvePlain(text, 'source')).toBe(text);
      expect(resolvePlain(text, 'printed')).toBe(false);
    },
  );

  it.each([
    ['2001-12-14', '2001-12-14T00:00:00Z'],
    ['2001-1-1', '2001-01-01T00:00:00Z'],
    ['2000-02-29', '2000-02-29T00:00:00Z'],
    ['2001-12-14 21:59:43', '2001-12-14T21:59:43Z'],
    ['2001-12-14T21:59:43.10-05:00', '2001-12-14T21:59:43.1-05:00'],
    ['2001-12-14t21:59:43+00:00', '2001-12-14T21:59:43Z'],
  ])('kustomize writes the timestamp %s as RFC 3339, and it stays a string', (text, value) => {
    expect(resolvePlain(text, 'source')).toBe(value);
    expect(resolvePlain(text, 'printed')).toBe(text);
  });

  it('keeps every whole number of 64 bits to the digit', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n), (number) => {
        expect(String(resolvePlain(String(number), 'source'))).toBe(String(number));
      }),
    );
  });

  it('takes any text without throwing', () => {
    fc.assert(fc.property(fc.string(), (text) => void resolvePlain(text, 'source')));
  });
});
