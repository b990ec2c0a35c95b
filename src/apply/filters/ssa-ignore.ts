import { objectKeys } from '../../api/index.ts';
import { hasSetting } from '../object-setting.ts';
import type { Candidate, Finding } from './filter.ts';

/** `ssa: Ignore`: never touched. Only the live object has a say about its deletion. */
export function ssaIgnore({ desired, live }: Candidate): Finding | undefined {
  const ignored = [desired, live].some((object) => hasSetting(object, objectKeys.ssa, 'ignore'));
  return ignored ? { kind: 'keep', reason: 'ssa-ignore' } : undefined;
}
