import { inventoryId } from '../../api/index.ts';
import { mayAskFor } from '../plan/neighbour.ts';
import type { Candidate, Finding } from './filter.ts';

/** A neighbour asks for it and is about to take it over, or may be: handed over, never deleted and made again. */
export function movesToOther({ intent, ref, neighbours }: Candidate): Finding | undefined {
  if (intent === 'apply') return undefined;
  const id = inventoryId(ref);
  if (neighbours.some(({ asks }) => asks?.has(id))) return { kind: 'keep', reason: 'moves-to-other' };
  return neighbours.some((neighbour) => mayAskFor(neighbour, ref))
    ? { kind: 'keep', reason: 'claims-unknown' }
    : undefined;
}
