import { objectKeys } from '../../api/index.ts';
import { hasSetting } from '../object-setting.ts';
import type { Candidate, Finding } from './filter.ts';

/** `prune: disabled` on the live object: never garbage collected. */
export function pruneDisabled({ intent, live }: Candidate): Finding | undefined {
  if (intent === 'apply' || !hasSetting(live, objectKeys.prune, 'disabled')) return undefined;
  return { kind: 'keep', reason: 'prune-disabled' };
}
