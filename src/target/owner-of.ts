import { ownerLabels } from '../api/index.ts';
import type { KubernetesObject, Owner } from '../core/index.ts';

/** The delivery that an object names as its owner; one label of the two names none. Labels are whatever somebody wrote. */
export function ownerOf(object: KubernetesObject): Owner | undefined {
  const name: unknown = object.metadata.labels?.[ownerLabels.name];
  const namespace: unknown = object.metadata.labels?.[ownerLabels.namespace];
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  return { name, namespace };
}
