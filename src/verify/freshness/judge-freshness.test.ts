import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMarks, type Floor, freshnessAnnotations as names } from '../../api/index.ts';
import { type Fresh, judgeFreshness } from './judge-freshness.ts';
import type { CountedSignature, FreshnessRule, JudgedRevision, Stale } from './rule.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const hour = 60 * 60_000;
const day = 24 * hour;
const digestOf = (name: string): string => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
const at = (ms: number): string => new Date(ms).toISOString();

const bySequence: FreshnessRule = { order: 'sequence', expires: 'ifPresent' };
const byVersion: FreshnessRule = { order: 'semver', expires: 'ignore' };
const byTime: FreshnessRule = { order: 'signedTime', expires: 'ignore' };
const unordered: FreshnessRule = { order: 'none', expires: 'ignore' };

const signature = (
  annotations: Readonly<Record<string, string>> = {},
  change: Partial<CountedSignature> = {},
): CountedSignature => ({ authority: 'release/ci', keyId: 'sha256:00', annotations, times: [], ...change });

/** By a certificate that began a minute before it was used. */
const keyless = (...times: readonly number[]): CountedSignature =>
  certified(Math.min(...times) - 60_000, ...times);

const certified = (since: number, ...times: readonly number[]): CountedSignature => {
  const identity = { issuer: 'i', subject: 's' };
  return signature({}, { identity, certifiedSince: since, times: times.map((time) => ({ at: time })) });
};

const revision = (name: string, change: Partial<JudgedRevision> = {}): JudgedRevision => ({
  digest: digestOf(name),
  tag: 'stable',
  annotations: {},
  signatures: [signature()],
  threshold: 1,
  ...change,
});

const release = (sequence: number | string, name = `release-${sequence}`): JudgedRevision =>
  revision(name, { annotations: { [names.sequence]: String(sequence) } });

const version = (tag: string, name = tag): JudgedRevision => revision(name, { tag });

/** A site that looks at one artifact after another and remembers. */
class Site {
  readonly source: string;
  floors: readonly Floor[] = [];
  now = now;

  constructor(source = 'edge/app') {
    this.source = source;
  }

  look(rule: FreshnessRule, given: JudgedRevision, source = this.source): Fresh | Stale {
    const judged = judgeFreshness(rule, given, {
      repository: 'registry.test/app',
      policy: 'VerificationPolicy/edge/release',
      source,
      floors: this.floors,
      now: this.now,
    });
    if (judged.kind === 'fresh' && judged.floor !== undefined) {
      const { order, stream } = judged.floor;
      const others = this.floors.filter((floor) => floor.order !== order || floor.stream !== stream);
      this.floors = [...others, judged.floor];
    }
    return judged;
  }

  /** `fresh`, or the code of the refusal, of each in turn. */
  see(rule: FreshnessRule, ...given: readonly JudgedRevision[]): readonly string[] {
    return given.map((one) => codeOf(this.look(rule, one)));
  }
}

function codeOf(judged: Fresh | Stale): string {
  return judged.kind === 'fresh' ? 'fresh' : judged.code;
}

describe('attack 15: rollback to an older, validly signed artifact', () => {
  it.each<[string, FreshnessRule, readonly JudgedRevision[], readonly string[]]>([
    [
      'a lower sequence is refused, a higher one taken',
      bySequence,
      [release(7), release(6), release(8)],
      ['fresh', 'REVISION_ROLLBACK', 'fresh'],
    ],
    ['the same artifact is no step back', bySequence, [release(7), release(7)], ['fresh', 'fresh']],
    [
      'numbers are compared as numbers',
      bySequence,
      [release(9), release(10), release(9)],
      ['fresh', 'fresh', 'REVISION_ROLLBACK'],
    ],
    [
      'an older version is refused',
      byVersion,
      [version('1.10.0'), version('1.9.0'), version('1.10.1')],
      ['fresh', 'REVISION_ROLLBACK', 'fresh'],
    ],
    [
      'a pre-release comes before its release',
      byVersion,
      [version('v2.0.0'), version('v2.0.0-rc.1')],
      ['fresh', 'REVISION_ROLLBACK'],
    ],
    [
      'an old artifact stays old under a newer tag',
      byVersion,
      [version('1.0.0', 'a'), version('1.1.0', 'b'), version('1.2.0', 'a')],
      ['fresh', 'fresh', 'REVISION_ROLLBACK'],
    ],
    [
      'an older signature is refused',
      byTime,
      [
        revision('a', { signatures: [keyless(now - day)] }),
        revision('b', { signatures: [keyless(now - 2 * day)] }),
      ],
      ['fresh', 'REVISION_ROLLBACK'],
    ],
    [
      'the earliest time of a signature counts, not the latest',
      byTime,
      [
        revision('a', { signatures: [keyless(now - 2 * day)] }),
        revision('b', { signatures: [keyless(now - 3 * day, now - 3 * day + hour)] }),
      ],
      ['fresh', 'REVISION_ROLLBACK'],
    ],
    [
      'an old artifact with a new timestamp stays old',
      byTime,
      [
        revision('a', { signatures: [keyless(now - 3 * day)] }),
        revision('b', { signatures: [keyless(now - 2 * day)] }),
        revision('a', { signatures: [keyless(now - day)] }),
      ],
      ['fresh', 'fresh', 'REVISION_ROLLBACK'],
    ],
    ['without an order nothing is old', unordered, [release(7), release(6)], ['fresh', 'fresh']],
  ])('%s', (_behaviour, rule, given, codes) => {
    expect(new Site().see(rule, ...given)).toEqual(codes);
  });

  it('the refusal shows the floor and what was met', () => {
    const site = new Site();
    site.look(bySequence, release(7));
    expect(site.look(bySequence, release(6))).toMatchObject({
      detail: `expected the floor or later, which is sequence 7 (${digestOf('release-7')}), got sequence 6 (${digestOf('release-6')})`,
    });
  });

  it('a source under another name finds the floor of the repository', () => {
    const site = new Site();
    site.look(bySequence, release(7));
    const judged = site.look(bySequence, release(6), 'edge/renamed');
    expect(judged).toMatchObject({
      code: 'REVISION_ROLLBACK',
      detail: expect.stringContaining('the floor is that of edge/app: where several lines of releases share'),
    });
  });

  it('an artifact of another stream is not taken for one of this', () => {
    const site = new Site();
    const inStream = (stream: string, sequence: number): JudgedRevision =>
      revision(`${stream}-${sequence}`, {
        annotations: { [names.stream]: stream, [names.sequence]: String(sequence) },
      });
    expect(site.see(bySequence, inStream('prod', 7), inStream('dev', 900))).toEqual([
      'fresh',
      'REVISION_OTHER_STREAM',
    ]);
    expect(codeOf(site.look(bySequence, inStream('dev', 3), 'edge/dev'))).toBe('fresh');
    expect(site.see(bySequence, inStream('prod', 6), inStream('prod', 8))).toEqual([
      'REVISION_ROLLBACK',
      'fresh',
    ]);
  });

  it('a stream without end of its name is none', () => {
    const annotations = { [names.stream]: 'x'.repeat(254), [names.sequence]: '1' };
    expect(new Site().see(bySequence, revision('a', { annotations }))).toEqual(['REVISION_UNORDERED']);
  });

  it('a version that the signed manifest names is not changed by a tag', () => {
    const moved = revision('old', {
      tag: '2.0.0',
      annotations: { 'org.opencontainers.image.version': '1.0.0' },
    });
    expect(new Site().see(byVersion, moved)).toEqual(['REVISION_UNORDERED']);
  });

  it('any sequence of artifacts never lets the floor fall', () => {
    const looks = fc.array(
      fc.record({
        sequence: fc.oneof(fc.nat(12), fc.constantFrom('', '-1', '1.5', '9007199254740993')),
        copy: fc.nat(1),
        rule: fc.constantFrom<FreshnessRule>(bySequence, { ...bySequence, maxJump: 3 }, unordered),
        source: fc.constantFrom('edge/app', 'edge/other'),
        passed: fc.nat(3 * day),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(looks, (all) => {
        const site = new Site();
        for (const { sequence, copy, rule, source, passed } of all) {
          const [before] = site.floors;
          site.now += passed;
          const given = release(sequence, `${sequence}/${copy}`);
          const judged = site.look(rule, given, source);
          const [after] = site.floors;
          if (before === undefined || after === undefined) continue;
          expect(compareMarks('sequence', after, before)).toBeGreaterThanOrEqual(0);
          expect(after.epoch).toBe(before.epoch);
          if (judged.kind === 'fresh' && rule.order !== 'none') expect(after.digest).toBe(given.digest);
        }
      }),
    );
  });
});

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

  it.each<[string, CountedSignature, string]>([
    ['a signature that is too old', keyless(now - 30 * day), 'REVISION_EXPIRED'],
    ['a signature that is young enough', keyless(now - 29 * day), 'fresh'],
    ['a key that says when it signed', signature({ [names.issued]: at(now - day) }), 'fresh'],
    ['a key that signed long ago', signature({ [names.issued]: at(now - 31 * day) }), 'REVISION_EXPIRED'],
    ['a key that does not say when it signed', signature(), 'REVISION_EXPIRED'],
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

describe('attack 45: audience of another site', () => {
  const rule: FreshnessRule = { order: 'none', expires: 'required', audience: ['site-17', 'north'] };
  const later = at(now + day);
  const said = (audience: string | undefined): Readonly<Record<string, string>> => ({
    [names.expires]: later,
    ...(audience === undefined ? {} : { [names.audience]: audience }),
  });
  const saying = (
    ofManifest: string | undefined,
    ...ofSignatures: readonly (string | undefined)[]
  ): JudgedRevision =>
    revision('a', {
      annotations: ofManifest === undefined ? {} : { [names.audience]: ofManifest },
      signatures: ofSignatures.map((audience) => signature(said(audience))),
    });

  it.each<[string, JudgedRevision, string]>([
    ['the site is named', saying(undefined, 'site-17'), 'fresh'],
    ['its group is named among others', saying(undefined, 'south, north'), 'fresh'],
    ['the manifest names it', saying('site-17', undefined), 'fresh'],
    ['another site is named', saying(undefined, 'site-18'), 'REVISION_OTHER_AUDIENCE'],
    ['a part of the name is not the name', saying(undefined, 'site-1,site-170'), 'REVISION_OTHER_AUDIENCE'],
    ['nobody is named where somebody has to be', saying(undefined, undefined), 'REVISION_OTHER_AUDIENCE'],
    ['an empty name is nobody', saying(undefined, ','), 'REVISION_OTHER_AUDIENCE'],
    [
      'the manifest is for others, whatever a signature says',
      saying('site-18', 'site-17'),
      'REVISION_OTHER_AUDIENCE',
    ],
    ['one signature of several is for it', saying(undefined, 'site-18', 'site-17'), 'fresh'],
  ])('%s', (_behaviour, given, code) => {
    expect(new Site().see(rule, given)).toEqual([code]);
  });

  it.each([
    ['site-17', 'fresh'],
    ['site-18', 'REVISION_OTHER_AUDIENCE'],
  ])('what nobody has to sign is for whom its manifest names: %s', (audience, code) => {
    const annotations = { [names.audience]: audience, [names.expires]: later };
    expect(new Site().see(rule, revision('a', { annotations, signatures: [] }))).toEqual([code]);
  });

  it('what another site was promised prolongs nothing here', () => {
    const given = revision('a', {
      signatures: [
        signature({ [names.audience]: 'site-17', [names.expires]: at(now - day) }),
        signature({ [names.audience]: 'site-18', [names.expires]: later }),
      ],
    });
    expect(new Site().see(rule, given)).toEqual(['REVISION_EXPIRED']);
  });

  it('a policy without audience takes what is for anybody', () => {
    expect(new Site().see(unordered, saying(undefined, 'site-18'))).toEqual(['fresh']);
  });
});

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
      detail: `expected the annotation ${names.expires} in signatures by 2 authorities, got it by 1`,
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
      detail: expect.stringContaining('in signatures by 2 authorities, got it by 1'),
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

describe('an authorised step back', () => {
  const back = (sequence: number, from: string): JudgedRevision => ({
    ...release(sequence),
    signatures: [signature({ [names.stepBack]: from })],
  });

  it.each([['7'], [digestOf('release-7')]])('a statement that names the floor, %s, lowers it', (from) => {
    const site = new Site();
    site.see(bySequence, release(5), release(6), release(7));
    const judged = site.look(bySequence, back(5, from));
    expect(judged).toMatchObject({
      kind: 'fresh',
      steppedBackFrom: { value: 7 },
      floor: { value: 5, epoch: 1, withdrawn: [digestOf('release-7'), 'sequence 7'] },
    });
    expect(site.see(bySequence, release(4), release(6), release(8))).toEqual([
      'REVISION_ROLLBACK',
      'fresh',
      'fresh',
    ]);
  });

  it('is worth nothing at another floor', () => {
    const site = new Site();
    expect(site.see(bySequence, release(7), back(5, '6'), release(8), back(5, '7'))).toEqual([
      'fresh',
      'REVISION_ROLLBACK',
      'fresh',
      'REVISION_ROLLBACK',
    ]);
  });

  it('is worth nothing again: what was taken back does not return', () => {
    const site = new Site();
    expect(site.see(bySequence, release(7), back(5, '7'), release(7), back(5, '7'))).toEqual([
      'fresh',
      'fresh',
      'REVISION_ROLLBACK',
      'fresh',
    ]);
  });

  it('is worth nothing when another artifact takes the place it led back from, unless it names that one', () => {
    const site = new Site();
    const anew = release(7, 'repaired');
    expect(site.see(bySequence, release(7), back(6, '7'), anew, back(6, '7'))).toEqual([
      'fresh',
      'fresh',
      'fresh',
      'REVISION_ROLLBACK',
    ]);
    expect(site.see(bySequence, back(6, anew.digest), anew)).toEqual(['fresh', 'REVISION_ROLLBACK']);
  });

  it('nothing else lets the floor fall, and each one falls once', () => {
    const looks = fc.array(
      fc.record({ sequence: fc.integer({ min: 1, max: 9 }), from: fc.integer({ min: 1, max: 9 }) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(looks, (all) => {
        const site = new Site();
        for (const { sequence, from } of all) {
          const [before] = site.floors;
          site.look(bySequence, back(sequence, String(from)));
          const [after] = site.floors;
          if (before === undefined || after === undefined) continue;
          if (Number(after.value) >= Number(before.value)) continue;
          expect([before.value, after.epoch]).toEqual([from, before.epoch + 1]);
          expect(after.withdrawn).toContain(before.digest);
        }
      }),
    );
  });

  it('has to be in force itself', () => {
    const site = new Site();
    site.look(bySequence, release(7));
    const expired = { ...back(5, '7'), annotations: { ...release(5).annotations, [names.expires]: at(now) } };
    expect(site.see(bySequence, expired)).toEqual(['REVISION_EXPIRED']);
  });
});
