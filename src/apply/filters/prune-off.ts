import type { Candidate, Finding } from './filter.ts';

/** The delivery does not prune. The object stays in the inventory, so that turning prune on deletes it. */
export function pruneOff({ intent, delivery }: Candidate): Finding | undefined {
  return intent === 'prune' && !delivery.prune ? { kind: 'keep', reason: 'prune-off' } : undefined;
}
