import type { Candidate, Finding } from './filter.ts';

/** Its deletion was asked for: there is nothing to do but to wait until it is gone. */
export function departing({ intent, observation }: Candidate): Finding | undefined {
  const isDeparting = observation.kind === 'present' && observation.departure !== undefined;
  return intent === 'prune' && isDeparting ? { kind: 'keep', reason: 'departing' } : undefined;
}
