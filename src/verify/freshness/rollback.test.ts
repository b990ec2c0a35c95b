import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  at,
  bySequence,
  byTime,
  byVersion,
  codeOf,
  day,
  digestOf,
  hour,
  keyless,
  now,
  release,
  revision,
  Site,
  unordered,
  version,
} from '../../../test/fixtures/freshness-site.ts';
import { compareMarks, freshnessAnnotations as names } from '../../api/index.ts';
import type { FreshnessRule, JudgedRevision } from './rule.ts';

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

  it('one that has expired as well is told as older', () => {
    const site = new Site();
    site.look(bySequence, release(7));
    const annotations = { [names.sequence]: '6', [names.expires]: at(now - day) };
    expect(site.see(bySequence, revision('six', { annotations }))).toEqual(['REVISION_ROLLBACK']);
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

  it('a stream that was followed by another order says nothing', () => {
    const site = new Site();
    const annotations = { [names.stream]: 'beta' };
    site.look(byVersion, revision('beta', { tag: '1.0.0', annotations }));
    expect(site.see(bySequence, release(1))).toEqual(['fresh']);
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
