import type { Condition, ConditionDraft, DeliveryRecord, DeliveryStatus } from '../../api/index.ts';
import { setConditions } from '../../api/index.ts';

const type = 'Fighting';

/** Objects that are named; the events name them all. */
const maxNamed = 20;

/** What the status said of objects that another hand changes again and again: it holds until a run says otherwise. */
export function fighting({ conditions }: Pick<DeliveryStatus, 'conditions'>): readonly Condition[] {
  return conditions.filter((condition) => condition.type === type);
}

/** The record with what a run found of fights, in words: one condition beside the others, or none. */
export function withFights(record: DeliveryRecord, fights: readonly string[], now: number): DeliveryRecord {
  const { status, generation } = record;
  const others = status.conditions.filter((condition) => condition.type !== type);
  if (fights.length === 0 && others.length === status.conditions.length) return record;
  const more = fights.length > maxNamed ? [`and ${fights.length - maxNamed} more`] : [];
  const draft: ConditionDraft = {
    type,
    status: 'True',
    reason: 'ChangedAgainAndAgain',
    message: [...fights.slice(0, maxNamed), ...more].join('\n'),
    observedGeneration: generation,
  };
  const drafts = fights.length === 0 ? [] : [draft];
  const [said] = setConditions(fighting(status), drafts, now);
  return { ...record, status: { ...status, conditions: said === undefined ? others : [...others, said] } };
}
