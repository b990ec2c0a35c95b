import { type KubernetesObject, refOf } from '../core/index.ts';
import { generalHealth, readyHealth } from './general-rules.ts';
import type { Health } from './health.ts';
import { kindRules, podsDecide } from './kinds/kinds.ts';
import { withPods } from './with-pods.ts';

/** How a live object is doing, by the rules of kstatus. `now` in milliseconds since the epoch, `pods` some of those that it runs. */
export function healthOf(
  object: KubernetesObject,
  now: number,
  pods: readonly KubernetesObject[] = [],
): Health {
  const { group, kind } = refOf(object);
  const rule = kindRules[`${group}/${kind}`] ?? readyHealth;
  const health = generalHealth(object) ?? rule(object, now);
  return withPods(health, podsDecide.has(`${group}/${kind}`), pods, now);
}
