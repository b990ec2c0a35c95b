import type { KubernetesObject } from '../core/index.ts';
import { listAt, textAt } from './live-field.ts';

/** One entry of `status.conditions`; what is missing is empty. */
export interface LiveCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function conditionsOf(object: KubernetesObject): readonly LiveCondition[] {
  return listAt(object, 'status', 'conditions').map((entry) => ({
    type: textAt(entry, 'type') ?? '',
    status: textAt(entry, 'status') ?? '',
    reason: textAt(entry, 'reason') ?? '',
    message: textAt(entry, 'message') ?? '',
  }));
}

export function conditionOf(object: KubernetesObject, type: string): LiveCondition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** What a condition says for itself: `Reason: message`. */
export function wordsOf({ type, reason, message }: LiveCondition): string {
  const words = [reason, message].filter((part) => part !== '');
  return words.length === 0 ? type : words.join(': ');
}

/** ` (Reason: message)` of the first of these types with that status, to go behind a count; empty where there is none. */
export function asideOf(object: KubernetesObject, status: string, types: readonly string[]): string {
  const found = conditionsOf(object).find(
    (condition) => types.includes(condition.type) && condition.status === status,
  );
  return found === undefined ? '' : ` (${wordsOf(found)})`;
}
