import { objectKeys } from '../../api/index.ts';
import type { KubernetesObject } from '../../core/index.ts';

/** True when an object asks to be left as it is. */
export function isDecryptionDisabled(object: KubernetesObject): boolean {
  const mark: unknown = object.metadata.annotations?.[objectKeys.decrypt];
  return typeof mark === 'string' && mark.toLowerCase() === 'disabled';
}
