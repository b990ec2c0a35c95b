import { deliveryText, inventoryId } from '../../api/index.ts';
import type { Candidate, Finding } from './filter.ts';

/**
 * Another delivery owns it: never deleted, and taken over only from a neighbour that does not ask for it any more. Otherwise it is free as soon
 * as its owner has pruned it.
 */
export function ownedByOther(candidate: Candidate): Finding | undefined {
  const { intent, observation, ownership } = candidate;
  if (ownership !== 'other' || observation.kind !== 'present') return undefined;
  if (intent === 'prune') return { kind: 'keep', reason: 'owned-by-other' };
  if (isLetGo(candidate)) return undefined;
  const { namespace = '', name = '' } = observation.owner ?? {};
  return {
    kind: 'refuse',
    reason: 'owned-by-other',
    detail: `owned by ${deliveryText({ namespace, name })}`,
  };
}

function isLetGo({ observation, ref, neighbours }: Candidate): boolean {
  const owner = observation.kind === 'present' ? observation.owner : undefined;
  const { asks } =
    neighbours.find((one) => one.owner.name === owner?.name && one.owner.namespace === owner.namespace) ?? {};
  return asks !== undefined && !asks.has(inventoryId(ref));
}
