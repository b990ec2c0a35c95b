import { inventoryId } from '../../api/index.ts';
import type { Candidate, Finding } from './filter.ts';

/** Another hand changes it as often as it is repaired: it is left alone for a while. What is as it should be needs no rest. */
export function fight({ intent, ref, observation, ownership, resting }: Candidate): Finding | undefined {
  const isOurs = ownership === 'ours' || ownership === 'unlabelled' || ownership === 'absent';
  const isFine = observation.kind === 'present' && observation.matches;
  if (intent === 'prune' || !isOurs || isFine || !resting.has(inventoryId(ref))) return undefined;
  return { kind: 'keep', reason: 'fight' };
}
