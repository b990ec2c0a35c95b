import { describe, expect, it } from 'vitest';
import {
  at,
  bySequence,
  day,
  keyless,
  now,
  release,
  revision,
  Site,
  signature,
  unordered,
} from '../../../test/fixtures/freshness-site.ts';
import { freshnessAnnotations as names } from '../../api/index.ts';
import type { CountedSignature, FreshnessRule, JudgedRevision } from './rule.ts';

describe('attack 46: expired', () => {
  const expiring = (ms: number, ...again: readonly number[]): JudgedRevision =>
    revision('a', {
      annotations: { [names.expires]: at(ms) },
      signatures: [signature(), ...again.map((time) => signature({ [names.expires]: at(time) }))],
    });
  const required: FreshnessRule = { order: 'none', expires: 'required' };

  it.each<[string, FreshnessRule, JudgedRevision, string]>([
    ['before its end it is taken', required, expiring(now + 1), 'fresh'],
    ['at its end it is refused', required, expiring(now), 'REVISION_EXPIRED'],
    ['a later signature prolongs it', required, expiring(now - day, now + day, now - 2 * day), 'fresh'],
    ['an earlier signature does not shorten it', required, expiring(now + day, now - day), 'fresh'],
    ['without one it is refused where one is required', required, revision('a'), 'REVISION_EXPIRED'],
    ['without one it is taken where none is required', bySequence, release(1), 'fresh'],
    [
      'one that cannot be read is no reason to take it',
      { order: 'none', expires: 'ifPresent' },
      revision('a', { annotations: { [names.expires]: 'tomorrow' } }),
      'REVISION_EXPIRED',
    ],
    [
      'a day that is none cannot be read',
      required,
      revision('a', { annotations: { [names.expires]: '2027-02-30T00:00:00Z' } }),
      'REVISION_EXPIRED',
    ],
    ['where it is ignored it does not count', unordered, expiring(now - day), 'fresh'],
    [
      'a signature without end beside one that has expired has none, whichever is found first',
      { order: 'none', expires: 'ifPresent' },
      revision('a', { signatures: [signature({ [names.expires]: at(now - day) }), signature()] }),
      'fresh',
    ],
    [
      'a signature with an earlier end than its manifest has that one',
      required,
      revision('a', {
        annotations: { [names.expires]: at(now + day) },
        signatures: [signature({ [names.expires]: at(now - day) })],
      }),
      'REVISION_EXPIRED',
    ],
    [
      'what nobody has to sign has the end of its manifest',
      required,
      revision('a', { annotations: { [names.expires]: at(now) }, signatures: [] }),
      'REVISION_EXPIRED',
    ],
  ])('%s', (_behaviour, rule, given, code) => {
    expect(new Site().see(rule, given)).toEqual([code]);
  });

  it.each<[string, JudgedRevision, string]>([
    ['that is missing', revision('a'), `expected the annotation ${names.expires}, got none`],
    [
      'that is no time',
      revision('a', { annotations: { [names.expires]: 'soon' } }),
      `expected ${names.expires} to be an RFC 3339 time, got "soon"`,
    ],
    [
      'that is no time in one of the signatures',
      revision('a', { signatures: [signature(), signature({ [names.expires]: 'soon' })] }),
      `expected ${names.expires} to be an RFC 3339 time, got "soon"`,
    ],
  ])('an end %s is told so', (_what, given, detail) => {
    expect(new Site().look(required, given)).toMatchObject({ code: 'REVISION_EXPIRED', detail });
  });

  it('what has no end, or one after the year 9999, says none', () => {
    expect(new Site().look(unordered, revision('a'))).not.toHaveProperty('until');
    const old = { ...unordered, maxAge: 1e18 };
    expect(new Site().look(old, revision('a', { signatures: [keyless(now)] }))).not.toHaveProperty('until');
  });

  it('what is fresh says until when', () => {
    expect(new Site().look(required, expiring(now + day, now + 2 * day))).toMatchObject({
      until: now + 2 * day,
    });
  });

  it('of an end and an age, whichever comes first', () => {
    const rule: FreshnessRule = { order: 'none', expires: 'required', maxAge: 30 * day };
    const until = (end: number): unknown =>
      new Site().look(rule, {
        ...revision('a', { signatures: [keyless(now - day)] }),
        annotations: { [names.expires]: at(end) },
      });
    expect(until(now + day)).toMatchObject({ until: now + day });
    expect(until(now + 90 * day)).toMatchObject({ until: now + 29 * day });
  });

  const aged: FreshnessRule = { order: 'none', expires: 'ignore', maxAge: 30 * day };
  const minute = 60_000;

  it('age: no time makes it fresh for longer than that, whatever is signed', () => {
    const years = signature({ [names.issued]: at(now + 1000 * day) });
    const given = revision('a', { signatures: [keyless(now - day), years] });
    expect(new Site().look(aged, given)).toMatchObject({ until: now + 29 * day });
  });

  it.each<[string, CountedSignature, string]>([
    ['a signature that is too old', keyless(now - 30 * day), 'REVISION_EXPIRED'],
    ['a signature that is young enough', keyless(now - 29 * day), 'fresh'],
    ['a key that says when it signed', signature({ [names.issued]: at(now - day) }), 'fresh'],
    ['a key that signed long ago', signature({ [names.issued]: at(now - 31 * day) }), 'REVISION_EXPIRED'],
    ['a key that does not say when it signed', signature(), 'REVISION_EXPIRED'],
    ['a key whose clock is ahead a little', signature({ [names.issued]: at(now + minute) }), 'fresh'],
    ['a key that says it will sign', signature({ [names.issued]: at(now + 6 * minute) }), 'REVISION_JUMP'],
    ['a certificate that was used in the future', keyless(now + 6 * minute), 'REVISION_JUMP'],
    [
      'a future time beside an old one, which counts alone',
      { ...keyless(now - 31 * day), annotations: { [names.issued]: at(now + day) } },
      'REVISION_EXPIRED',
    ],
    [
      'a key whose signature was timestamped today, which anybody can have done',
      signature({}, { times: [{ at: now }] }),
      'REVISION_EXPIRED',
    ],
    [
      'a key that signed long ago, timestamped today',
      signature({ [names.issued]: at(now - 31 * day) }, { times: [{ at: now }] }),
      'REVISION_EXPIRED',
    ],
  ])('age: %s', (_behaviour, signed, code) => {
    expect(new Site().see(aged, revision('a', { signatures: [signed] }))).toEqual([code]);
  });
});
