import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countAuthorities, type Vote } from './count-signers.ts';

const issuer = 'https://issuer.test';
const vote = (authority: string, keyId: string, subject?: string): Vote => ({
  authority,
  keyId,
  ...(subject === undefined ? {} : { identity: { issuer, subject } }),
});

describe('countAuthorities', () => {
  it.each<[string, readonly Vote[], number]>([
    ['nobody', [], 0],
    ['one', [vote('a', '1')], 1],
    ['two keys of two authorities', [vote('a', '1'), vote('b', '2')], 2],
    ['attack 16: one key under two names', [vote('a', '1'), vote('b', '1')], 1],
    ['attack 38: one key twice under one name', [vote('a', '1'), vote('a', '1')], 1],
    ['two keys of one rotation', [vote('a', '1'), vote('a', '2')], 1],
    [
      'attack 16: one identity with two certificates under two names',
      [vote('a', '1', 'jo'), vote('b', '2', 'jo')],
      1,
    ],
    ['two identities', [vote('a', '1', 'jo'), vote('b', '2', 'mo')], 2],
    ['attack 16: one key bare and in a certificate', [vote('a', '1'), vote('b', '1', 'jo')], 1],
    [
      'attack 16: one person through a chain of keys and certificates',
      [vote('a', '1'), vote('b', '1', 'jo'), vote('c', '2', 'jo'), vote('d', '2')],
      1,
    ],
    [
      'a signer who may stand for either, and another for one',
      [vote('a', '1'), vote('b', '1'), vote('a', '2')],
      2,
    ],
    [
      'a chain in which each has to move on',
      [vote('a', '1'), vote('b', '1'), vote('b', '2'), vote('c', '2'), vote('c', '3')],
      3,
    ],
  ])('%s', (_what, votes, count) => {
    expect(countAuthorities(votes)).toBe(count);
    expect(countAuthorities(votes.toReversed())).toBe(count);
  });

  const anyVote = fc
    .tuple(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.constantFrom('1', '2', '3', '4', '5'),
      fc.option(fc.constantFrom('jo', 'mo', 'bo'), { nil: undefined }),
    )
    .map(([authority, keyId, subject]) => vote(authority, keyId, subject));

  it('counts what trying every assignment counts', () => {
    fc.assert(
      fc.property(fc.array(anyVote, { maxLength: 9 }), (votes) => {
        expect(countAuthorities(votes)).toBe(countSlowly(votes));
      }),
      { numRuns: 2000 },
    );
  });
});

/** People by merging whoever shares anything, until nothing changes; then every way to give each authority a person of its own. */
function countSlowly(votes: readonly Vote[]): number {
  let groups = votes.map(({ authority, keyId, identity }) => ({
    authorities: new Set([authority]),
    marks: new Set([`key ${keyId}`, ...(identity === undefined ? [] : [`name ${identity.subject}`])]),
  }));
  for (let before = -1; before !== groups.length; ) {
    before = groups.length;
    const merged: typeof groups = [];
    for (const group of groups) {
      const same = merged.find(({ marks }) => [...marks].some((mark) => group.marks.has(mark)));
      if (same === undefined) merged.push(group);
      for (const mark of group.marks) same?.marks.add(mark);
      for (const authority of group.authorities) same?.authorities.add(authority);
    }
    groups = merged;
  }
  const best = (left: typeof groups, taken: ReadonlySet<string>): number => {
    const [first, ...rest] = left;
    if (first === undefined) return taken.size;
    const choices = [...first.authorities].filter((authority) => !taken.has(authority));
    return Math.max(
      best(rest, taken),
      ...choices.map((authority) => best(rest, new Set([...taken, authority]))),
    );
  };
  return best(groups, new Set());
}
