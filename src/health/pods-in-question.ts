import { type KubernetesObject, refOf } from '../core/index.ts';
import { labelSelectorText } from './label-selector.ts';

/** Where the status says how many pods there should be, and how many of them are ready. */
interface Numbers {
  readonly wanted: readonly [part: 'spec' | 'status', field: string];
  readonly ready: string;
}

const replicas: Numbers = { wanted: ['spec', 'replicas'], ready: 'readyReplicas' };

const kinds: Readonly<Record<string, Numbers>> = {
  'apps/Deployment': replicas,
  'apps/ReplicaSet': replicas,
  'apps/StatefulSet': replicas,
  'apps/DaemonSet': { wanted: ['status', 'desiredNumberScheduled'], ready: 'numberReady' },
  'batch/Job': { wanted: ['status', 'active'], ready: 'ready' },
};

/** Selects the pods that may say what an object waits for; `undefined` when it runs none, or has all that it wants. */
export function podsInQuestion(object: KubernetesObject): string | undefined {
  const { group, kind } = refOf(object);
  const numbers = kinds[`${group}/${kind}`];
  if (numbers === undefined) return undefined;
  const [part, field] = numbers.wanted;
  const wanted = numberIn(object[part], field) ?? (part === 'spec' ? 1 : 0);
  const ready = numberIn(object['status'], numbers.ready) ?? 0;
  if (ready >= wanted && isRolledOut(object, wanted)) return undefined;
  const { selector } = (object['spec'] ?? {}) as { selector?: unknown };
  return labelSelectorText(selector);
}

/** Those of an older template may be ready while the new ones are not. */
function isRolledOut(object: KubernetesObject, wanted: number): boolean {
  const updated = numberIn(object['status'], 'updatedReplicas');
  return updated === undefined || updated >= wanted;
}

function numberIn(fields: unknown, name: string): number | undefined {
  const value = (fields as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  return typeof value === 'number' ? value : undefined;
}
