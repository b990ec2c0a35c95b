import type { KubernetesObject } from '../core/index.ts';
import { failed, type Health, reworded } from './health.ts';
import { isUnschedulable, podHealth } from './kinds/pod.ts';
import { textAt } from './live-field.ts';

interface Judged {
  readonly pod: KubernetesObject;
  readonly health: Health;
}

/**
 * What becomes of the health of an object by that of its pods: the worst of them says what it waits for, and where pods decide, one that has
 * failed is its failure. Pods that are on their way out, or that no node has room for, decide nothing.
 */
export function withPods(
  health: Health,
  podsDecide: boolean,
  pods: readonly KubernetesObject[],
  now: number,
): Health {
  if (health.status !== 'InProgress' && health.status !== 'Failed') return health;
  const judged = pods
    .filter((pod) => (textAt(pod, 'metadata', 'deletionTimestamp') ?? '') === '')
    .map((pod) => ({ pod, health: podHealth(pod, now) }))
    .filter((one) => one.health.status !== 'Current');
  const broken = judged.find(({ pod, health: of }) => of.status === 'Failed' && !isUnschedulable(pod));
  const worst = broken ?? judged[0];
  if (worst === undefined) return health;
  const message = `${health.message}; ${wordsOfPod(worst)}`;
  return podsDecide && broken !== undefined ? failed(message) : reworded(health, message);
}

function wordsOfPod({ pod, health }: Judged): string {
  return `Pod ${textAt(pod, 'metadata', 'name') ?? ''}: ${health.message}`;
}
