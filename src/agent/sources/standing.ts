import type { SourceRecord } from '../../api/index.ts';

/**
 * What is known of a revision in force: `good`, it may be applied; `revoked`, it was refused when it was judged again; `unjudged`, what its
 * verdict rests on has changed since; `none`, nothing is in force.
 */
export type Standing = 'good' | 'revoked' | 'unjudged' | 'none';

/** The moment and the basis of now. */
export interface Basis {
  readonly basis: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A verdict that ends in years is looked at again this soon: the wall clock may jump, and timers do not see it. A comparison, no judgement. */
const maxLookMs = 60 * 60_000;

export function standingOf({ layer, basis, validUntil, revoked }: SourceRecord, current: Basis): Standing {
  if (layer === undefined) return 'none';
  const isOver = validUntil !== undefined && current.now >= validUntil;
  if (basis !== current.basis || isOver) return 'unjudged';
  return revoked === true ? 'revoked' : 'good';
}

/** Milliseconds until the revision in force has to be looked at again; `undefined` when time changes nothing. */
export function judgementDelay(record: SourceRecord, current: Basis): number | undefined {
  const standing = standingOf(record, current);
  if (standing === 'unjudged') return 0;
  if (standing === 'none' || record.validUntil === undefined) return undefined;
  return Math.min(record.validUntil - current.now, maxLookMs);
}
