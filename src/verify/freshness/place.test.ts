import { describe, expect, it } from 'vitest';
import {
  bySequence,
  byTime,
  byVersion,
  certified,
  day,
  hour,
  keyless,
  now,
  release,
  revision,
  Site,
  signature,
  unordered,
  version,
} from '../../../test/fixtures/freshness-site.ts';
import { freshnessAnnotations as names } from '../../api/index.ts';
import type { CountedSignature } from './rule.ts';

describe('attack 36: sequences that are none', () => {
  it('an equal sequence with another digest is refused', () => {
    expect(new Site().see(bySequence, release(7, 'a'), release(7, 'b'), release(7, 'a'))).toEqual([
      'fresh',
      'REVISION_EQUIVOCATION',
      'fresh',
    ]);
  });

  it.each([
    '0',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '007',
    ' 7',
    '7\n',
    '',
    'seven',
    '٧',
    '9007199254740992',
    '9007199254740993',
    '99999999999999999999',
  ])('%j is refused', (text) => {
    expect(new Site().see(bySequence, release(text))).toEqual(['REVISION_UNORDERED']);
  });

  it('one that is missing is refused, and one that only a signature names does not count', () => {
    const unnumbered = revision('a');
    const signed = revision('a', { signatures: [signature({ [names.sequence]: '7' })] });
    expect(new Site().see(bySequence, unnumbered, signed)).toEqual([
      'REVISION_UNORDERED',
      'REVISION_UNORDERED',
    ]);
  });

  it('the largest one is taken', () => {
    expect(new Site().see(bySequence, release(Number.MAX_SAFE_INTEGER))).toEqual(['fresh']);
  });

  it('one that is too far ahead is refused', () => {
    const rule = { ...bySequence, maxJump: 10 };
    expect(new Site().see(rule, release(7), release(18), release(17))).toEqual([
      'fresh',
      'REVISION_JUMP',
      'fresh',
    ]);
  });

  it.each(['latest', '1.2', 'stable'])('%s is no version', (tag) => {
    expect(new Site().see(byVersion, version(tag))).toEqual(['REVISION_UNORDERED']);
  });

  it.each([
    ['a tag that names none', version('latest'), 'expected a version as tag, got "latest"'],
    [
      'a manifest that names another text',
      revision('a', { tag: '1.0.0', annotations: { 'org.opencontainers.image.version': 'latest' } }),
      'expected the tag "1.0.0" on an artifact of that version, got one of "latest"',
    ],
  ])('%s is told as what it is', (_what, given, detail) => {
    expect(new Site().look(byVersion, given)).toMatchObject({ code: 'REVISION_UNORDERED', detail });
  });

  it('two artifacts of one version are refused', () => {
    expect(new Site().see(byVersion, version('1.0.0', 'a'), version('1.0.0+b', 'b'))).toEqual([
      'fresh',
      'REVISION_EQUIVOCATION',
    ]);
  });
});

describe('attack 34: times that cannot be', () => {
  it('a signature of the future is refused where the time of signing decides', () => {
    const future = revision('a', { signatures: [keyless(now + day)] });
    expect(new Site().see(byTime, future)).toEqual(['REVISION_JUMP']);
  });

  it('a key has no time of signing: whoever has the signature may timestamp it today', () => {
    const timestamped = revision('a', { signatures: [signature({}, { times: [{ at: now }] })] });
    expect(new Site().see(byTime, timestamped)).toEqual(['REVISION_UNORDERED']);
  });

  const beganYesterday = now - day;

  it.each<[string, CountedSignature, string, string]>([
    ['at once', certified(beganYesterday, beganYesterday + 2 * hour), 'fresh', 'fresh'],
    [
      'or its signature timestamped anew',
      certified(beganYesterday, beganYesterday + 2 * hour + 1),
      'REVISION_UNORDERED',
      'REVISION_EXPIRED',
    ],
  ])('a certificate that lives long was used %s: two hours tell', (_when, signed, order, age) => {
    const given = revision('a', { signatures: [signed] });
    expect(new Site().see(byTime, given)).toEqual([order]);
    expect(new Site().see({ ...unordered, maxAge: 30 * day }, given)).toEqual([age]);
  });

  it('what a long-lived certificate signed long ago is no newer for a timestamp of today', () => {
    const site = new Site();
    const stamped = certified(now - 90 * day, now);
    expect(
      site.see(
        byTime,
        revision('new', { signatures: [keyless(now - hour)] }),
        revision('old', { signatures: [stamped] }),
      ),
    ).toEqual(['fresh', 'REVISION_UNORDERED']);
    expect(site.look(byTime, revision('old', { signatures: [stamped] }))).toMatchObject({
      detail: expect.stringContaining('a certificate that began within two hours'),
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 1e18])('%d is no time', (time) => {
    const given = revision('a', { signatures: [keyless(time)] });
    expect(new Site().see(byTime, given)).toEqual(['REVISION_UNORDERED']);
    expect(new Site().see({ ...unordered, maxAge: day }, given)).toEqual(['REVISION_EXPIRED']);
  });
});
