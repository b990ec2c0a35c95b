import { ownerLabels } from '../api/index.ts';
import { fieldAt, type KubernetesObject, withField, withLiveFields } from '../core/index.ts';

/** What is asked for, with the fields that are left to others as they are in the live object. */
export function leftToOthers(
  asked: KubernetesObject,
  live: KubernetesObject,
  ignored: readonly string[],
): KubernetesObject {
  return withOwnerOf(asked, withLiveFields(asked, live, ignored));
}

/** The labels by which an object is known as that of a delivery are left to nobody. */
export function withOwnerOf(asked: KubernetesObject, object: KubernetesObject): KubernetesObject {
  let result: unknown = object;
  for (const key of Object.values(ownerLabels)) {
    const path = ['metadata', 'labels', key];
    result = withField(result, path, fieldAt(asked, path));
  }
  return result as KubernetesObject;
}
