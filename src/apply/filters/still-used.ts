import type { Candidate, Finding } from './filter.ts';

/**
 * A Namespace or a definition with objects in it that are to stay: with it they would go. It stays in the inventory, so that it goes once nothing
 * uses it.
 */
export function stillUsed({ intent, ref, observation, staying, others }: Candidate): Finding | undefined {
  if (intent === 'apply') return undefined;
  const live = observation.kind === 'present' ? observation.live : undefined;
  if (staying.goWith(ref, live)) return { kind: 'keep', reason: 'still-used' };
  return others.goWith(ref, live) ? { kind: 'keep', reason: 'used-by-others' } : undefined;
}
