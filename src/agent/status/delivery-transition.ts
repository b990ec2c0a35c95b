import {
  type Artifact,
  type ConditionDraft,
  type DeliveryRecord,
  type DeliveryStatus,
  isReady,
  type Kustomization,
  requestedAtAnnotation,
} from '../../api/index.ts';
import type { EventBody, KubernetesObject, SealiftError } from '../../core/index.ts';
import type { StageFailure } from '../stages/stage-failure.ts';
import { appliedStatus, failedDeliveryStatus } from './delivery-status.ts';

/** What a run means for a delivery: the record to keep, and what to tell. */
export interface DeliveryTransition {
  readonly record: DeliveryRecord;
  readonly events: readonly EventBody[];
  readonly error?: SealiftError;
}

export interface DeliveryCycle {
  readonly delivery: Kustomization;
  /** As it is when the run ended: its inventory was written while it ran. */
  readonly record: DeliveryRecord;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Applied {
  readonly artifact: Artifact;
  readonly objects: readonly KubernetesObject[];
  /** Of the objects. */
  readonly digest: string;
  /** Objects created, configured or deleted. */
  readonly changed: number;
  readonly durationMs: number;
}

/** The first record of a delivery. */
export function newDeliveryRecord({ metadata }: Kustomization): DeliveryRecord {
  const { name, namespace } = metadata;
  const status: DeliveryStatus = { observedGeneration: -1, conditions: [] };
  return { name, namespace, generation: 0, specHash: '', status, prune: false, failures: 0 };
}

/** Waiting for somebody else is no failure of the delivery. */
export function isWaiting({ code }: SealiftError): boolean {
  return code === 'SOURCE_NOT_READY' || code === 'DEPENDENCY_NOT_READY';
}

/** Notes which request for a run it answers. */
export function withRequest(status: DeliveryStatus, { metadata }: Kustomization): DeliveryStatus {
  const requested = metadata.annotations[requestedAtAnnotation];
  return requested === undefined ? status : { ...status, lastHandledReconcileAt: requested };
}

function readyMessage(status: DeliveryStatus): string | undefined {
  return status.conditions.find(({ type }) => type === 'Ready')?.message;
}

/**
 * Everything the revision asks for is in the target; `others` are said beside `Ready`. A run that changed nothing on a ready delivery is told
 * to nobody.
 */
export function afterApply(
  { delivery, record, now }: DeliveryCycle,
  applied: Applied,
  others: readonly ConditionDraft[] = [],
): DeliveryTransition {
  const { artifact, objects, digest, changed, durationMs } = applied;
  const { revision, annotations } = artifact;
  const attempt = {
    revision,
    annotations,
    digest,
    durationMs: Math.round(durationMs),
    reason: 'ReconciliationSucceeded',
  };
  const status = appliedStatus(record.status, attempt, { generation: record.generation, now }, others);
  const wasSettled = isReady(record.status.conditions) && record.status.lastAppliedRevision === revision;
  const event: EventBody = {
    kind: 'delivery-applied',
    revision,
    objects: objects.length,
    changed,
    durationMs: attempt.durationMs,
  };
  const { waiting: _, ...settled } = record;
  const next = { ...settled, status: withRequest(status, delivery), failures: 0 };
  return { record: next, events: wasSettled && changed === 0 ? [] : [event] };
}

/** A run that failed or has to wait: what is applied stays applied. Told once, until it says something new. */
export function afterDeliveryFailure(
  { delivery, record, now }: DeliveryCycle,
  failure: StageFailure,
  revision: string | undefined,
): DeliveryTransition {
  const transition = failed(record, now, failure, revision);
  const status = withRequest(transition.record.status, delivery);
  return { ...transition, record: { ...transition.record, status } };
}

/** A delivery that left the configuration and could not be taken back: it is not forgotten. Told once, as any failure. */
export function afterWithdrawalFailure(
  record: DeliveryRecord,
  now: number,
  failure: StageFailure,
): DeliveryTransition {
  return failed(record, now, failure, undefined);
}

function failed(
  record: DeliveryRecord,
  now: number,
  { stage, error }: StageFailure,
  revision: string | undefined,
): DeliveryTransition {
  const failure = { error, stage, ...(revision === undefined ? {} : { revision }) };
  const status = failedDeliveryStatus(record.status, failure, { generation: record.generation, now });
  const news = readyMessage(status) !== readyMessage(record.status);
  const failures = isWaiting(error) ? record.failures : record.failures + 1;
  const event: EventBody = {
    kind: 'failed',
    stage,
    code: error.code,
    message: error.message,
    ...(revision === undefined ? {} : { revision }),
  };
  const told = news && error.code !== 'SOURCE_NOT_READY';
  // What follows is another waiting.
  const { waiting: _, ...rest } = record;
  return {
    record: { ...rest, status, failures },
    events: told ? [event] : [],
    error,
  };
}
