import { objectKeys } from '../../api/index.ts';
import { hasSetting } from '../object-setting.ts';
import type { Candidate, Finding } from './filter.ts';

/** `reconcile: disabled`: neither applied nor deleted. Only the live object has a say about its deletion. */
export function reconcileDisabled({ desired, live }: Candidate): Finding | undefined {
  const disabled = [desired, live].some((object) => hasSetting(object, objectKeys.reconcile, 'disabled'));
  return disabled ? { kind: 'keep', reason: 'reconcile-disabled' } : undefined;
}
