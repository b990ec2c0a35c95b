import type { KubernetesObject } from '../core/index.ts';

/** True when the object carries `key` as label or annotation with that value; case does not count, as in Flux. */
export function hasSetting(object: KubernetesObject | undefined, key: string, value: string): boolean {
  const { labels, annotations } = object?.metadata ?? {};
  return [labels?.[key], annotations?.[key]].some((found) => isText(found) && found.toLowerCase() === value);
}

/** Live objects are whatever somebody wrote: a label may be a number. */
function isText(value: unknown): value is string {
  return typeof value === 'string';
}
