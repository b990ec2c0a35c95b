import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newestVersion } from './newest-version.ts';

const tags = [
  '1.0.0',
  '1.1.0',
  '1.2.0-rc.1',
  '1.2.0-beta.1',
  'v2.0.0',
  'latest',
  '3',
  '1.9',
  'sha256-abc.sig',
];

describe('newestVersion', () => {
  it.each([
    ['takes the highest inside a wildcard range', '1.x', undefined, '1.1.0'],
    ['takes a tag with a leading v as it is written', '>=1.0.0 <3.0.0', undefined, 'v2.0.0'],
    ['reads commas as "and"', '>=1.0.0, <2.0.0', undefined, '1.1.0'],
    ['lets pre-releases in when the range names one', '>=1.0.0-0', undefined, 'v2.0.0'],
    ['filters before it compares', '>=1.0.0-0', '.*-rc.*', '1.2.0-rc.1'],
    ['keeps pre-releases out of a range that has an end without one', '>=1.0.0-0 <1.3.0', undefined, '1.1.0'],
    ['knows the tilde', '~1.0', undefined, '1.0.0'],
    ['tries every alternative', '0.x || 2.x', undefined, 'v2.0.0'],
    ['takes an exact version', '1.0.0', undefined, '1.0.0'],
  ])('%s', (_, range, filter, expected) => {
    expect(newestVersion(tags, range, filter)).toBe(expected);
  });

  it('compares numbers, not text', () => {
    expect(newestVersion(['1.9.0', '1.10.0'], '1.x', undefined)).toBe('1.10.0');
  });

  it.each([
    ['no tag in the range', () => newestVersion(tags, '>=9.0.0', undefined), 'SEMVER_NO_MATCH'],
    ['no tag at all', () => newestVersion([], '*', undefined), 'SEMVER_NO_MATCH'],
    ['a range that is none', () => newestVersion(tags, 'not a range', undefined), 'REFERENCE_INVALID'],
    ['a filter that is no expression', () => newestVersion(tags, '*', '('), 'REFERENCE_INVALID'],
  ])('refuses %s', (_, select, code) => {
    expect(select).toThrow(expect.objectContaining({ code }));
  });

  it('filters in linear time, whatever the pattern', () => {
    expect(() => newestVersion([`${'a'.repeat(128)}!`], '*', '(a+)+$')).toThrow(
      expect.objectContaining({ code: 'SEMVER_NO_MATCH' }),
    );
  });

  it('is never beaten by another tag of the range, in whatever order they are listed', () => {
    const number = fc.nat({ max: 30 });
    const version = fc.tuple(number, number, number).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.array(version, { minLength: 1 }), (versions) => {
        const newest = newestVersion(versions, '*', undefined);
        const weight = (text: string): number =>
          text.split('.').reduce((sum, part) => sum * 100 + Number(part), 0);
        expect(weight(newest)).toBe(Math.max(...versions.map(weight)));
      }),
    );
  });
});
