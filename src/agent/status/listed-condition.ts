import type { Condition, ConditionDraft, DeliveryRecord, DeliveryStatus } from '../../api/index.ts';
import { setConditions } from '../../api/index.ts';
import type { EventBody } from '../../core/index.ts';

/** Conditions that list objects beside `Ready`, which they leave as it is. */
const fighting = { type: 'Fighting', reason: 'ChangedAgainAndAgain' } as const;
const terminating = { type: 'Terminating', reason: 'DeletedAndNotGone' } as const;
const waiting = { type: 'DeletionWaits', reason: 'ClaimsUnknown' } as const;

const types: ReadonlySet<string> = new Set([fighting.type, terminating.type, waiting.type]);

/** Objects that are named: more than fits a status message helps nobody. */
const maxNamed = 20;

/** What the status said of single objects: it holds until a run says otherwise. */
export function listedConditions({ conditions }: Pick<DeliveryStatus, 'conditions'>): readonly Condition[] {
  return conditions.filter(({ type }) => types.has(type));
}

/** The record with what a run found of objects that another hand changes again and again, in words. */
export function withFights(record: DeliveryRecord, fights: readonly string[], now: number): DeliveryRecord {
  return withListed(record, fighting, fights, now);
}

/** The record with what a run found of objects that left the build, were deleted and are not gone yet, in words. */
export function withDepartures(
  record: DeliveryRecord,
  departures: readonly string[],
  now: number,
): DeliveryRecord {
  return withListed(record, terminating, departures, now);
}

/** The record with what a run found of objects that are to go and stay, since another delivery may ask for them, in words. */
export function withClaims(record: DeliveryRecord, claims: readonly string[], now: number): DeliveryRecord {
  return withListed(record, waiting, claims, now);
}

/** That is told once, until it is something else. */
export function claimEvents(before: DeliveryRecord, after: DeliveryRecord): readonly EventBody[] {
  const [known, said] = [before, after].map(
    ({ status }) => status.conditions.find(({ type }) => type === waiting.type)?.message,
  );
  return said === undefined || said === known ? [] : [{ kind: 'deletion-waits', message: said }];
}

/** One condition beside the others, or none. */
function withListed(
  record: DeliveryRecord,
  { type, reason }: Pick<ConditionDraft, 'type' | 'reason'>,
  lines: readonly string[],
  now: number,
): DeliveryRecord {
  const { status, generation } = record;
  const others = status.conditions.filter((condition) => condition.type !== type);
  if (lines.length === 0 && others.length === status.conditions.length) return record;
  const more = lines.length > maxNamed ? [`and ${lines.length - maxNamed} more`] : [];
  const message = [...lines.slice(0, maxNamed), ...more].join('\n');
  const draft: ConditionDraft = { type, status: 'True', reason, message, observedGeneration: generation };
  const drafts = lines.length === 0 ? [] : [draft];
  const [said] = setConditions(status.conditions, drafts, now);
  return { ...record, status: { ...status, conditions: said === undefined ? others : [...others, said] } };
}
