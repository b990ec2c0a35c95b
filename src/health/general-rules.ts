import type { KubernetesObject } from '../core/index.ts';
import { current, failed, type Health, inProgress, terminating } from './health.ts';
import { conditionOf, conditionsOf, wordsOf } from './live-condition.ts';
import { listAt, numberAt, textAt } from './live-field.ts';

/** What holds for objects of any kind, before the rules of the kind; `undefined` where that says nothing. */
export function generalHealth(object: KubernetesObject): Health | undefined {
  if ((textAt(object, 'metadata', 'deletionTimestamp') ?? '') !== '') return beingDeleted(object);
  return notObserved(object) ?? standardConditions(object);
}

function beingDeleted(object: KubernetesObject): Health {
  const finalizers = listAt(object, 'metadata', 'finalizers');
  if (finalizers.length === 0) return terminating('it is being deleted');
  return terminating(`it is being deleted and waits for its finalizers: ${finalizers.join(', ')}`);
}

/** A controller that has not seen the newest generation speaks of an older one. */
export function notObserved(object: KubernetesObject): Health | undefined {
  const generation = numberAt(object, 'metadata', 'generation');
  const observed = numberAt(object, 'status', 'observedGeneration');
  if (generation === undefined || observed === undefined || generation === observed) return undefined;
  return inProgress(`its controller has seen generation ${observed} of ${generation}`);
}

function standardConditions(object: KubernetesObject): Health | undefined {
  for (const condition of conditionsOf(object)) {
    if (condition.status !== 'True') continue;
    if (condition.type === 'Reconciling') return inProgress(wordsOf(condition));
    if (condition.type === 'Stalled') return failed(wordsOf(condition));
  }
  return undefined;
}

/** Kinds without rules of their own: whoever says `Ready` is believed, whoever says nothing has nothing to wait for. */
export function readyHealth(object: KubernetesObject): Health {
  const ready = conditionOf(object, 'Ready');
  if (ready?.status === 'True') return current('it is Ready');
  if (ready?.status === 'False' || ready?.status === 'Unknown') return inProgress(wordsOf(ready));
  return current('nothing of it says otherwise');
}
