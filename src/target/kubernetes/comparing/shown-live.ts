import type { KubernetesObject } from '../../../core/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A live object as far as `desired` speaks of it: what a server fills in, and what others added, is no difference. The rest keeps its
 * values; items of lists are held against each other by their place.
 */
export function asFarAsAsked(live: KubernetesObject, desired: KubernetesObject): KubernetesObject {
  return narrowed(live, desired) as KubernetesObject;
}

/** As deep as the desired object, which a build has bounded. */
function narrowed(live: unknown, desired: unknown): unknown {
  if (Array.isArray(live) && Array.isArray(desired)) {
    return live.map((item, at) => (at < desired.length ? narrowed(item, desired[at]) : item));
  }
  if (!isFields(live) || !isFields(desired)) return live;
  const asked = Object.keys(desired).filter((key) => Object.hasOwn(live, key));
  return Object.fromEntries(asked.map((key) => [key, narrowed(live[key], desired[key])]));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
