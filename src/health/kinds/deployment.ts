import type { KubernetesObject } from '../../core/index.ts';
import { current, failed, type Health, inProgress } from '../health.ts';
import { asideOf, conditionOf, wordsOf } from '../live-condition.ts';
import { numberAt } from '../live-field.ts';
import { tooFew, tooMany } from './replicas.ts';

/** The API server's default of `progressDeadlineSeconds` when nobody asks for one: its controller then never says how it progresses. */
const noDeadline = 2 ** 31 - 1;

/** https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status */
export function deploymentHealth(object: KubernetesObject): Health {
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed(wordsOf(progressing));
  return replicasMissing(object) ?? notSettled(object) ?? current('all its replicas are available');
}

function replicasMissing(object: KubernetesObject): Health | undefined {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const count = (field: string): number => numberAt(object, 'status', field) ?? 0;
  const updated = count('updatedReplicas');
  const aside = asideOf(object, 'True', ['ReplicaFailure']) || asideOf(object, 'False', ['Available']);
  return (
    tooFew(
      [
        { what: 'there', got: count('replicas'), wanted },
        { what: 'updated', got: updated, wanted },
      ],
      aside,
    ) ??
    tooMany(count('replicas'), wanted) ??
    tooFew(
      [
        { what: 'available', got: count('availableReplicas'), wanted: updated },
        { what: 'ready', got: count('readyReplicas'), wanted },
      ],
      aside,
    )
  );
}

function notSettled(object: KubernetesObject): Health | undefined {
  const deadline = numberAt(object, 'spec', 'progressDeadlineSeconds') ?? noDeadline;
  const progressing = conditionOf(object, 'Progressing');
  const isRolledOut = progressing?.status === 'True' && progressing.reason === 'NewReplicaSetAvailable';
  if (deadline !== noDeadline && !isRolledOut) {
    return inProgress(
      progressing === undefined ? 'its controller has not told how it progresses' : wordsOf(progressing),
    );
  }
  const available = conditionOf(object, 'Available');
  if (available?.status === 'True') return undefined;
  return inProgress(available === undefined ? 'it is not available' : wordsOf(available));
}
