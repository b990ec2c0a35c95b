import type { Candidate, Finding } from './filter.ts';

/** Another delivery owns it: never taken over, never deleted. It is free as soon as its owner has pruned it. */
export function ownedByOther({ intent, observation, ownership }: Candidate): Finding | undefined {
  if (ownership !== 'other' || observation.kind !== 'present') return undefined;
  if (intent === 'prune') return { kind: 'keep', reason: 'owned-by-other' };
  const { namespace = '', name = '' } = observation.owner ?? {};
  return {
    kind: 'refuse',
    reason: 'owned-by-other',
    detail: `owned by Kustomization/${namespace}/${name}`,
  };
}
