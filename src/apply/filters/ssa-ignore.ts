import { hasSetting, objectKeys } from '../../api/index.ts';
import type { Candidate, Finding } from './filter.ts';

/** `ssa: Ignore`: never touched. Only the live object has a say about its deletion. */
export function ssaIgnore({ desired, marks }: Candidate): Finding | undefined {
  const ignored = [desired?.metadata, marks].some((one) => hasSetting(one, objectKeys.ssa, 'ignore'));
  return ignored ? { kind: 'keep', reason: 'ssa-ignore' } : undefined;
}
