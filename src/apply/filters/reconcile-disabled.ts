import { hasSetting, objectKeys } from '../../api/index.ts';
import type { Candidate, Finding } from './filter.ts';

/** `reconcile: disabled`: neither applied nor deleted. Only the live object has a say about its deletion. */
export function reconcileDisabled({ desired, marks }: Candidate): Finding | undefined {
  const disabled = [desired?.metadata, marks].some((one) =>
    hasSetting(one, objectKeys.reconcile, 'disabled'),
  );
  return disabled ? { kind: 'keep', reason: 'reconcile-disabled' } : undefined;
}
