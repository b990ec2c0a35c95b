import { hasSetting, objectKeys } from '../../api/index.ts';
import type { Candidate, Finding } from './filter.ts';

/** `ssa: IfNotPresent` in the build: created once, then left to whoever changes it. */
export function ssaIfNotPresent({ desired, ownership }: Candidate): Finding | undefined {
  if (ownership === 'absent' || !hasSetting(desired?.metadata, objectKeys.ssa, 'ifnotpresent'))
    return undefined;
  return { kind: 'keep', reason: 'ssa-if-not-present' };
}
