import { formatRef, type KubernetesObject, type ObjectRef, SealiftError } from '../../src/core/index.ts';
import type { LiveObject } from '../../src/target/kubernetes/client/client.ts';

/** An apply without force changes no field of another manager. */
export function refuseConflict(
  ref: ObjectRef,
  changed: ReadonlySet<string>,
  others: ReadonlySet<string>,
): void {
  if (![...changed].some((path) => others.has(path))) return;
  throw new SealiftError('TARGET_CONFLICT', formatRef(ref), 'fields of another manager');
}

/** An apply may be for one version alone. */
export function refuseOtherVersion({ metadata }: KubernetesObject, before: LiveObject | undefined): void {
  const version = metadata['resourceVersion'];
  if (version === undefined || version === before?.metadata.resourceVersion) return;
  throw new SealiftError('TARGET_CHANGED', metadata.name, 'is another version');
}
