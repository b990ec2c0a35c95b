import { type DeliveryRecord, isReady } from '../../api/index.ts';
import { type ErrorCode, type EventBody, SealiftError, type Stage } from '../../core/index.ts';
import { withHistory } from '../status/delivery-status.ts';
import type { DeliveryTransition } from '../status/delivery-transition.ts';
import { afterFailed, afterHeld, wayBack } from './journal.ts';

/** What the target says of a revision, and not of the moment: the same objects are refused again. */
const verdicts: ReadonlySet<ErrorCode> = new Set([
  'TARGET_INVALID',
  'TARGET_IMMUTABLE',
  'TARGET_ADMISSION_DENIED',
  'HEALTH_CHECK_FAILED',
]);

/** Whether an error is a fault of the revision that only another one can mend. */
function isFaultOfRevision(error: SealiftError, stage: Stage): boolean {
  if (verdicts.has(error.code)) return true;
  // Of several objects the first one gives the code.
  if (error.cause instanceof AggregateError)
    return error.cause.errors.some((one) => one instanceof SealiftError && verdicts.has(one.code));
  return stage === 'build' && error.origin === 'artifact' && !error.retryable;
}

interface Ended {
  /** That was taken; `undefined` when none was. */
  readonly revision: string | undefined;
  readonly stage: Stage;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The transition with its entry in the journal, and what there is to tell of that. */
export function journalled(
  transition: DeliveryTransition,
  { revision, stage, now }: Ended,
): DeliveryTransition {
  const { record, error } = transition;
  const { journal } = record;
  if (journal === undefined || revision === undefined) return transition;
  const after = error === undefined ? heldBy(record, revision) : failedBy(record, revision, { error, stage });
  if (after === journal) return transition;
  const next = withFailure({ ...record, journal: after }, now);
  return { ...transition, record: next, events: [...transition.events, ...news(next)] };
}

type Journal = NonNullable<DeliveryRecord['journal']>;

function heldBy({ journal = {}, status }: DeliveryRecord, revision: string): Journal {
  const holds = isReady(status.conditions) && status.lastAppliedRevision === revision;
  return holds ? afterHeld(journal, revision) : journal;
}

function failedBy(
  { journal = {} }: DeliveryRecord,
  revision: string,
  { error, stage }: { readonly error: SealiftError; readonly stage: Stage },
): Journal {
  return isFaultOfRevision(error, stage) ? afterFailed(journal, revision, error.message) : journal;
}

/** A record whose journal says that a revision has failed, without a run that ended so; and what there is to tell of it. */
export function afterLoss(
  record: DeliveryRecord,
  now: number,
): Pick<DeliveryTransition, 'record' | 'events'> {
  const next = withFailure(record, now);
  return { record: next, events: news(next) };
}

/** A revision that is not tried again stands in the history, also where it was never applied. */
function withFailure(record: DeliveryRecord, now: number): DeliveryRecord {
  const { journal, status } = record;
  const way = wayBack(journal);
  if (way?.stage !== 'returning') return record;
  const { revision, annotations, layer } = way.bad.layer;
  const { history = [], conditions } = status;
  if (history[0]?.metadata['revision'] === revision) return record;
  const { reason = 'ReconciliationFailed' } = conditions.find(({ type }) => type === 'Ready') ?? {};
  const attempt = { revision, annotations, digest: layer.digest, durationMs: 0, reason };
  return { ...record, status: { ...status, history: withHistory(history, attempt, now) } };
}

function news({ journal }: DeliveryRecord): readonly EventBody[] {
  const way = wayBack(journal);
  if (way === undefined) return [];
  const { bad, good, why, stage } = way;
  const revisions = { revision: bad.layer.revision, good: good.layer.revision };
  return stage === 'returned'
    ? [{ kind: 'rolled-back', ...revisions }]
    : [{ kind: 'rollback-begun', ...revisions, message: why }];
}
