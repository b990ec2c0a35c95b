import type { KubernetesObject } from '../../core/index.ts';
import { current, failed, type Health, inProgress } from '../health.ts';
import { conditionOf, wordsOf } from '../live-condition.ts';

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/ */
export function definitionHealth(object: KubernetesObject): Health {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(wordsOf(names));
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return current('it is established');
  const isRefused = established?.status === 'False' && established.reason !== 'Installing';
  return isRefused ? failed(wordsOf(established)) : inProgress('it is not established');
}
