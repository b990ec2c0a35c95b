import { describe, expect, it } from 'vitest';
import {
  at,
  byTime,
  day,
  hour,
  keyless,
  now,
  revision,
  Site,
  signature,
} from '../../../test/fixtures/freshness-site.ts';
import { freshnessAnnotations as names } from '../../api/index.ts';
import type { CountedSignature, FreshnessRule, JudgedRevision } from './rule.ts';

describe('what one of several signers says alone', () => {
  const rule: FreshnessRule = { order: 'none', expires: 'ifPresent', audience: ['site-17'] };
  const by = (authority: string, said: Readonly<Record<string, string>>): CountedSignature =>
    signature({ [names.audience]: 'site-17', ...said }, { authority, keyId: `sha256:${authority}` });
  const until = (authority: string, end: number): CountedSignature =>
    by(authority, { [names.expires]: at(end) });
  const signedBy = (threshold: number, ...signatures: readonly CountedSignature[]): JudgedRevision =>
    revision('a', { threshold, signatures });
  const look = (asked: FreshnessRule, given: JudgedRevision): unknown => new Site().look(asked, given);

  it.each<[string, readonly number[], number]>([
    ['of two ends the earlier one', [3, 1], 1],
    ['of three ends the second', [1, 3, 2], 2],
    ['of two that agree their own', [2, 2, 1], 2],
  ])('two of three have to agree how long it is meant: %s', (_which, ends, days) => {
    const signatures = ends.map((end, name) => until(`a/${name}`, now + end * day));
    expect(look(rule, signedBy(2, ...signatures))).toMatchObject({ until: now + days * day });
    expect(look({ ...rule, expires: 'required' }, signedBy(2, ...signatures))).toMatchObject({
      until: now + days * day,
    });
  });

  it('one prolongs nothing, however often it signs and under however many names', () => {
    const past = [until('a/0', now - day), until('a/1', now - day)];
    const again = [until('a/0', now + day), { ...until('a/0', now + 2 * day), authority: 'a/1' }];
    expect(look(rule, signedBy(2, ...past, ...again))).toMatchObject({ code: 'REVISION_EXPIRED' });
    expect(look(rule, signedBy(1, ...past, ...again))).toMatchObject({ until: now + 2 * day });
  });

  it('one without an end does not make it endless', () => {
    const given = signedBy(2, until('a/0', now - day), by('a/1', {}));
    expect(look(rule, given)).toMatchObject({ code: 'REVISION_EXPIRED' });
    expect(look(rule, signedBy(2, until('a/0', now + day), by('a/1', {})))).toMatchObject({
      until: now + day,
    });
  });

  it('where an end is required, as many have to state one', () => {
    const given = signedBy(2, until('a/0', now + day), by('a/1', {}));
    expect(look({ ...rule, expires: 'required' }, given)).toMatchObject({
      code: 'REVISION_EXPIRED',
      detail: `expected the annotation ${names.expires} in signatures by 2 authorities (a/0 2026-06-02T00:00:00Z, a/1 none)`,
    });
  });

  it('one makes nothing young', () => {
    const aged: FreshnessRule = { ...rule, maxAge: 30 * day };
    const issued = (authority: string, ago: number): CountedSignature =>
      by(authority, { [names.issued]: at(now - ago * day) });
    expect(look(aged, signedBy(2, issued('a/0', 0), issued('a/1', 31)))).toMatchObject({
      code: 'REVISION_EXPIRED',
    });
    expect(look(aged, signedBy(2, issued('a/0', 0), issued('a/1', 29)))).toMatchObject({ until: now + day });
    expect(look(aged, signedBy(2, issued('a/0', 0), by('a/1', {})))).toMatchObject({
      code: 'REVISION_EXPIRED',
      detail: expect.stringContaining(
        'in signatures by 2 authorities (a/0 2026-06-01T00:00:00Z, a/1 none); ',
      ),
    });
  });

  it.each<[string, Partial<FreshnessRule>, readonly CountedSignature[], string]>([
    [
      'end',
      {},
      [until('a/1', now - day), until('a/0', now + day)],
      'one that expired at 2026-05-31T00:00:00Z (a/0 2026-06-02T00:00:00Z, a/1 2026-05-31T00:00:00Z)',
    ],
    [
      'end, where one of them sees none',
      {},
      [until('a/0', now - day), by('a/1', {})],
      'one that expired at 2026-05-31T00:00:00Z (a/0 2026-05-31T00:00:00Z, a/1 without end)',
    ],
    [
      'age',
      { maxAge: day },
      [by('a/0', { [names.issued]: at(now) }), by('a/1', { [names.issued]: at(now - 2 * day) })],
      'the newest of 2026-05-30T00:00:00Z (a/0 2026-06-01T00:00:00Z, a/1 2026-05-30T00:00:00Z): the registry stands still',
    ],
  ])('what each of them says is told: %s', (_what, change, signatures, detail) => {
    expect(look({ ...rule, ...change }, signedBy(2, ...signatures))).toMatchObject({
      code: 'REVISION_EXPIRED',
      detail: expect.stringContaining(detail),
    });
  });

  it('one addresses no site', () => {
    const [elsewhere, here] = [by('a/0', { [names.audience]: 'site-18' }), by('a/1', {})];
    expect(look(rule, signedBy(2, elsewhere, here))).toMatchObject({
      code: 'REVISION_OTHER_AUDIENCE',
      detail: expect.stringContaining('in signatures by 2 authorities'),
    });
    expect(look(rule, signedBy(2, elsewhere, here, by('a/2', {})))).toMatchObject({ kind: 'fresh' });
  });

  it('one gives no time of signing', () => {
    const [key, old] = [until('a/0', now), { ...keyless(now - day), authority: 'a/1', keyId: 'sha256:01' }];
    const other = {
      ...keyless(now - hour),
      authority: 'a/2',
      keyId: 'sha256:02',
      identity: { issuer: 'i', subject: 't' },
    };
    expect(look(byTime, signedBy(2, key, old))).toMatchObject({
      code: 'REVISION_UNORDERED',
      detail: expect.stringContaining('by each of 2 authorities, got it by 1'),
    });
    expect(look(byTime, signedBy(2, key, old, other))).toMatchObject({ floor: { value: now - day } });
  });
});
