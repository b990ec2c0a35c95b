import { ownerLabels } from '../api/index.ts';
import type { ObjectMarks, Owner } from '../core/index.ts';

/** The delivery that an object names as its owner; one label of the two names none. Labels are whatever somebody wrote. */
export function ownerOf({ labels }: ObjectMarks): Owner | undefined {
  const name: unknown = labels?.[ownerLabels.name];
  const namespace: unknown = labels?.[ownerLabels.namespace];
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  return { name, namespace };
}
