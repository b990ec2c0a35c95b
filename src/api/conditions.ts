import { rfc3339 } from '../core/index.ts';

/** A condition as the Kubernetes API writes it. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, seconds. */
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

export type ConditionDraft = Omit<Condition, 'lastTransitionTime'>;

/** The API refuses longer messages; Flux cuts them like this. */
const maxMessageLength = 32_768;

function cut(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`;
}

function moved(before: Condition, after: ConditionDraft): boolean {
  return before.status !== after.status || before.reason !== after.reason || before.message !== after.message;
}

/** Sets conditions over what was there. A transition time moves only when status, reason or message does, as Flux does it. */
export function setConditions(
  before: readonly Condition[],
  drafts: readonly ConditionDraft[],
  now: number,
): readonly Condition[] {
  const time = rfc3339(now);
  return drafts.map((draft) => {
    const next = { ...draft, message: cut(draft.message) };
    const old = before.find((condition) => condition.type === draft.type);
    const lastTransitionTime = old !== undefined && !moved(old, next) ? old.lastTransitionTime : time;
    return { ...next, lastTransitionTime };
  });
}

export function isReady(conditions: readonly Condition[]): boolean {
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
