import { type DeliveryRecord, deliveryText, formatDuration, type Kustomization } from '../../api/index.ts';
import { type ClockReading, elapsedSince, SealiftError } from '../../core/index.ts';
import { healthTimeout } from '../health/health-task.ts';
import { StageFailure } from '../stages/stage-failure.ts';
import { afterWithdrawalFailure, type DeliveryTransition } from '../status/delivery-transition.ts';
import { withDepartures } from '../status/listed-condition.ts';

/** Milliseconds after which a deletion is looked at again where no watch tells of its end; with one, that asks nobody. */
const lookAgainMs = 10_000;

/** Objects that an error names; the condition names more. */
const maxNamed = 10;

type Deletion = Pick<DeliveryRecord, 'prune' | 'termination'>;

/**
 * What becomes of its objects when a delivery leaves the configuration, and takes what it says of that along:
 * https://fluxcd.io/flux/components/kustomize/kustomizations/#deletion-policy
 */
export function deletionOf({ spec }: Kustomization): Deletion {
  const { deletionPolicy, prune, suspend } = spec;
  if (suspend) return { prune: false };
  const isTakenBack = deletionPolicy === 'MirrorPrune' ? prune : deletionPolicy !== 'Orphan';
  const isWaitedFor = deletionPolicy === 'WaitForTermination';
  return { prune: isTakenBack, ...(isWaitedFor ? { termination: { timeoutMs: healthTimeout(spec) } } : {}) };
}

/** The record with what its delivery says of deletion now; the same one where it says so already. */
export function withDeletion(
  record: DeliveryRecord,
  { prune, termination: wanted }: Deletion,
): DeliveryRecord {
  const { termination, ...rest } = record;
  const isSame = termination?.since === undefined && termination?.timeoutMs === wanted?.timeoutMs;
  if (isSame && record.prune === prune) return record;
  return { ...rest, prune, ...(wanted === undefined ? {} : { termination: wanted }) };
}

/** A delivery that waits for what it has deleted, and when to look again. */
export interface Awaited {
  readonly transition: DeliveryTransition;
  readonly lookAgainMs: number;
}

/**
 * Objects of a delivery that left the configuration are deleted and not gone: it is not forgotten before they are. When its time is up that is a
 * failure, told once, and it waits on.
 * @param departures what is waited for, in words.
 */
export function awaitTermination(
  { journal: _, ...record }: DeliveryRecord,
  departures: readonly string[],
  now: ClockReading,
): Awaited {
  const { timeoutMs = 0, since = now } = record.termination ?? {};
  const waiting = withDepartures({ ...record, termination: { timeoutMs, since } }, departures, now.wall);
  const leftMs = timeoutMs - elapsedSince(since, now);
  if (leftMs > 0)
    return { transition: { record: waiting, events: [] }, lookAgainMs: Math.min(leftMs, lookAgainMs) };
  const failure = new StageFailure('apply', tooLate(record, timeoutMs, departures), '');
  return { transition: afterWithdrawalFailure(waiting, now.wall, failure), lookAgainMs };
}

function tooLate(
  { namespace, name }: DeliveryRecord,
  timeoutMs: number,
  departures: readonly string[],
): SealiftError {
  const more = departures.length > maxNamed ? ` and ${departures.length - maxNamed} more` : '';
  const listed = `${departures.slice(0, maxNamed).join('; ')}${more}`;
  const detail = `expected its objects to be gone within ${formatDuration(timeoutMs)}, got ${departures.length} left: ${listed}`;
  return new SealiftError('TARGET_TERMINATING', deliveryText({ namespace, name }), detail);
}
