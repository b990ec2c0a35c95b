import type { Observation } from '../../core/index.ts';
import type { Candidate, Finding } from './filter.ts';

/** Nothing says that it is ours: never overwritten, never deleted. */
export function foreignObject({ intent, observation, ownership }: Candidate): Finding | undefined {
  if (ownership !== 'foreign') return undefined;
  if (intent === 'prune') return { kind: 'keep', reason: 'foreign-object' };
  return { kind: 'refuse', reason: 'foreign-object', detail: whatIsThere(observation) };
}

function whatIsThere(observation: Observation): string {
  const detail =
    observation.kind === 'unreadable' || observation.kind === 'blocked' ? observation.detail : '';
  return detail === '' ? 'exists already and carries no owner labels' : `its place is taken: ${detail}`;
}
