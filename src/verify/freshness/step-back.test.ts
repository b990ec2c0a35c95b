import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  at,
  bySequence,
  digestOf,
  now,
  release,
  Site,
  signature,
} from '../../../test/fixtures/freshness-site.ts';
import { freshnessAnnotations as names } from '../../api/index.ts';
import type { JudgedRevision } from './rule.ts';

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
