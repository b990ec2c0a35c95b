import { hasSetting, objectKeys } from '../../api/index.ts';
import type { Candidate, Finding } from './filter.ts';

/** `prune: disabled` on the live object: never garbage collected. */
export function pruneDisabled({ intent, marks }: Candidate): Finding | undefined {
  if (intent === 'apply' || !hasSetting(marks, objectKeys.prune, 'disabled')) return undefined;
  return { kind: 'keep', reason: 'prune-disabled' };
}
