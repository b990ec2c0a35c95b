import type { KubernetesObject } from '../../core/index.ts';
import { current, type Health, inProgress } from '../health.ts';
import { numberAt, textAt } from '../live-field.ts';
import { tooFew, tooMany } from './replicas.ts';

/** https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies */
export function statefulSetHealth(object: KubernetesObject): Health {
  if (textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') {
    return current('its pods are replaced when somebody deletes them');
  }
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const count = (field: string): number => numberAt(object, 'status', field) ?? 0;
  const missing =
    tooFew([
      { what: 'there', got: count('replicas'), wanted },
      { what: 'ready', got: count('readyReplicas'), wanted },
    ]) ?? tooMany(count('replicas'), wanted);
  return missing ?? rolledOut(object, wanted);
}

function rolledOut(object: KubernetesObject, wanted: number): Health {
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  const count = (field: string): number => numberAt(object, 'status', field) ?? 0;
  if (partition !== undefined) {
    const updated = { what: 'updated', got: count('updatedReplicas'), wanted: wanted - partition };
    return tooFew([updated]) ?? current('its replicas from the partition on are updated');
  }
  const short = tooFew([{ what: 'current', got: count('currentReplicas'), wanted }]);
  if (short !== undefined) return short;
  const [now, next] = ['currentRevision', 'updateRevision'].map((field) => textAt(object, 'status', field));
  if (now === next) return current('all its replicas are ready');
  return inProgress(`its current revision is ${now ?? 'none'}, the one to come ${next ?? 'none'}`);
}
