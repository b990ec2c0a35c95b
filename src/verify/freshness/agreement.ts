import { countAuthorities, type Vote } from '../policy/count-signers.ts';

/**
 * True when as many authorities as a policy asks for are among these, each by a signer of its own. Who could not bring an artifact in alone
 * does not prolong it alone, nor address it, nor take a site back to it.
 */
export function isAgreed(votes: readonly Vote[], threshold: number): boolean {
  return countAuthorities(votes) >= Math.max(threshold, 1);
}

/** A moment, in milliseconds since the epoch, and a signature that states or proves it. */
export interface StatedMoment {
  readonly by: Vote;
  readonly at: number;
}

/** The latest moment that so many authorities reach or pass: of each its latest, of these the earliest. `undefined` where too few state one. */
export function agreedMoment(stated: readonly StatedMoment[], threshold: number): number | undefined {
  const moments = [...new Set(stated.map(({ at }) => at))].sort((a, b) => b - a);
  return moments.find((moment) => {
    const votes = stated.filter(({ at }) => at >= moment).map(({ by }) => by);
    return isAgreed(votes, threshold);
  });
}
