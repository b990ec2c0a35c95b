import type { KubernetesObject } from '../../core/index.ts';
import { current, failed, type Health, inProgress } from '../health.ts';
import { conditionOf, wordsOf } from '../live-condition.ts';
import { fieldAt, numberAt, textAt } from '../live-field.ts';

/** A job is waited for until it has done its work, as Flux does; what kstatus itself asks for is that it has begun. */
export function jobHealth(object: KubernetesObject): Health {
  if (fieldAt(object, 'spec', 'suspend') === true) return current('it is suspended');
  if (conditionOf(object, 'Complete')?.status === 'True') return current('it has completed');
  const failure = conditionOf(object, 'Failed');
  if (failure?.status === 'True') return failed(wordsOf(failure));
  if (textAt(object, 'status', 'startTime') === undefined) return inProgress('it has not begun');
  const count = (field: string): number => numberAt(object, 'status', field) ?? 0;
  return inProgress(
    `${count('active')} of its pods run, ${count('succeeded')} have succeeded, ${count('failed')} have failed`,
  );
}
