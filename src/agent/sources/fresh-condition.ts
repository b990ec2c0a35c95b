import {
  type Condition,
  type ConditionDraft,
  describeMark,
  type SourceStatus,
  setConditions,
} from '../../api/index.ts';
import { rfc3339 } from '../../core/index.ts';
import type { FreshnessOutcome } from '../stages/stages.ts';

const type = 'Fresh';

/** What the status says of how new the artifact in force is. Nothing where no policy asks and nobody signed an end. */
export function freshDraft(judged: FreshnessOutcome, observedGeneration: number): readonly ConditionDraft[] {
  if (judged.kind === 'stale') return [staleDraft(judged.detail, observedGeneration)];
  const { floors, until } = judged;
  const parts = floors.map((floor) => `the floor is ${describeMark(floor.order, floor)}`);
  if (until !== undefined) parts.push(`expires at ${rfc3339(until)}`);
  if (parts.length === 0) return [];
  return [{ type, status: 'True', reason: 'Succeeded', message: parts.join('; '), observedGeneration }];
}

function staleDraft(detail: string, observedGeneration: number): ConditionDraft {
  const message = `kept in force, and would not be taken up any more: ${detail}`;
  return { type, status: 'False', reason: 'NotFresh', message, observedGeneration };
}

/** What the status said before, about an artifact that is still in force. */
export function keptFresh({ conditions }: SourceStatus): readonly Condition[] {
  return conditions.filter((condition) => condition.type === type);
}

/** The status once the end of the artifact in force has come and nobody could be asked for a later one. */
export function agedStatus(
  status: SourceStatus,
  { until, now }: { readonly until: number | undefined; readonly now: number },
): SourceStatus {
  if (until === undefined || now < until) return status;
  const detail = `it expired at ${rfc3339(until)}, and nobody could be asked for a later end`;
  const aged = status.conditions.map((condition) =>
    condition.type === type && condition.status === 'True'
      ? staleDraft(detail, condition.observedGeneration)
      : condition,
  );
  return { ...status, conditions: setConditions(status.conditions, aged, now) };
}
