import type { KubernetesObject } from '../../core/index.ts';
import { current, type Health, inProgress } from '../health.ts';
import { conditionOf, wordsOf } from '../live-condition.ts';
import { numberAt } from '../live-field.ts';
import { tooFew, tooMany } from './replicas.ts';

export function replicaSetHealth(object: KubernetesObject): Health {
  const failure = conditionOf(object, 'ReplicaFailure');
  if (failure?.status === 'True') return inProgress(wordsOf(failure));
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const count = (field: string): number => numberAt(object, 'status', field) ?? 0;
  return (
    tooFew([
      { what: 'labelled as asked for', got: count('fullyLabeledReplicas'), wanted },
      { what: 'available', got: count('availableReplicas'), wanted },
      { what: 'ready', got: count('readyReplicas'), wanted },
    ]) ??
    tooMany(count('replicas'), wanted) ??
    current('all its replicas are available')
  );
}
