import { describe, expect, it } from 'vitest';
import { type AcceptedVerdict, VerdictCache, type VerdictInput } from './verdict-cache.ts';

const digestOf = (number: number): string => `sha256:${String(number).padStart(64, '0')}`;
const input = (number: number, change: Partial<VerdictInput> = {}): VerdictInput => ({
  subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(number), size: 1 },
  basis: 'basis',
  evidence: [],
  ...change,
});
const accepted = (number: number): AcceptedVerdict => ({
  kind: 'accepted',
  digest: digestOf(number),
  signers: [],
  warnings: [],
});

describe('a cache of verdicts', () => {
  it('attack 39: keeps nothing under another artifact than the verdict is about', () => {
    const cache = new VerdictCache();
    cache.keep(input(1), accepted(2), 0);
    expect([cache.find(input(1), 0), cache.find(input(2), 0)]).toEqual([undefined, undefined]);
  });

  it('finds a verdict by all that it is a function of, in whatever order its evidence is listed', () => {
    const cache = new VerdictCache();
    cache.keep(input(1, { evidence: ['a', 'b'] }), accepted(1), 0);
    expect(cache.find(input(1, { evidence: ['b', 'a'] }), 0)).toEqual(accepted(1));
    const { subject } = input(1);
    for (const change of [
      { evidence: ['a'] },
      { evidence: ['a,b'] },
      { evidence: ['a', 'b'], basis: 'other' },
      { evidence: ['a', 'b'], subject: { ...subject, size: 2 } },
      { evidence: ['a', 'b'], subject: { ...subject, mediaType: 'other' } },
    ]) {
      expect(cache.find(input(1, change), 0)).toBeUndefined();
    }
  });

  it('holds 4,096, and forgets first what was not asked for longest', () => {
    const cache = new VerdictCache();
    for (let number = 0; number < 4_096; number += 1) cache.keep(input(number), accepted(number), 0);
    expect(cache.find(input(0), 0)).toEqual(accepted(0));
    cache.keep(input(4_096), accepted(4_096), 0);
    expect([0, 1, 2, 4_096].filter((number) => cache.find(input(number), 0) !== undefined)).toEqual([
      0, 2, 4_096,
    ]);
  });
});
