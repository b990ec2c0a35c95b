import { type KubernetesObject, refOf } from '../core/index.ts';
import { generalHealth, readyHealth } from './general-rules.ts';
import type { Health } from './health.ts';
import { kindRules } from './kinds.ts';

/** How a live object is doing, by the rules of kstatus. `now` in milliseconds since the epoch. */
export function healthOf(object: KubernetesObject, now: number): Health {
  const { group, kind } = refOf(object);
  const rule = kindRules[`${group}/${kind}`] ?? readyHealth;
  return generalHealth(object) ?? rule(object, now);
}
