import type { KubernetesObject } from '../../core/index.ts';
import { current, type Health, inProgress } from '../health.ts';
import { numberAt } from '../live-field.ts';
import { tooFew } from './replicas.ts';

export function daemonSetHealth(object: KubernetesObject): Health {
  const wanted = numberAt(object, 'status', 'desiredNumberScheduled');
  const isSeen =
    numberAt(object, 'metadata', 'generation') !== undefined &&
    numberAt(object, 'status', 'observedGeneration') !== undefined;
  if (!isSeen || wanted === undefined)
    return inProgress('its controller has not told how many nodes it is for');
  const count = (field: string): number => numberAt(object, 'status', field) ?? 0;
  const missing = tooFew([
    { what: 'scheduled', got: count('currentNumberScheduled'), wanted },
    { what: 'updated', got: count('updatedNumberScheduled'), wanted },
    { what: 'available', got: count('numberAvailable'), wanted },
    { what: 'ready', got: count('numberReady'), wanted },
  ]);
  return missing ?? current('a replica is available on each of its nodes');
}
