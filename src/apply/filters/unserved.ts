import type { Candidate, Finding } from './filter.ts';

/** Its kind is not served just now, which says nothing of the object: it stays in the inventory, and goes when it can be looked at. */
export function unserved({ intent, observation }: Candidate): Finding | undefined {
  return intent === 'prune' && observation.kind === 'unserved'
    ? { kind: 'keep', reason: 'unserved' }
    : undefined;
}
