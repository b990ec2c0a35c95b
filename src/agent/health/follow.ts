import {
  type DeliveryRecord,
  type HealthWait,
  isReady,
  type Kustomization,
  requestedAtAnnotation,
} from '../../api/index.ts';
import {
  type ClockReading,
  type EventBody,
  elapsedSince,
  type SealiftError,
  type Subject,
} from '../../core/index.ts';
import type { WaitedObject } from '../../health/index.ts';
import {
  type Applied,
  afterApply,
  type DeliveryCycle,
  type DeliveryTransition,
  withRequest,
} from '../status/delivery-transition.ts';
import type { FollowedHealth } from './followed-health.ts';
import { type HealthReport, healthStatus, keptHealthy } from './health-status.ts';
import { minTimeoutMs, waitedDigest } from './health-task.ts';

/** An applied delivery whose objects are looked at. */
export interface Follow {
  readonly subject: Subject;
  readonly health: FollowedHealth;
  /** How many objects the run applied and changed; the objects themselves are not kept. */
  readonly counts: { readonly objects: number; readonly changed: number };
  readonly attempt: HealthReport['attempt'];
  readonly timeoutMs: number;
  /** What was applied, of what spec, and what is waited for: where that is the same, waiting goes on. */
  readonly identity: string;
  readonly request: string | undefined;
  /** On the disk with what is said meanwhile, so that it is not forgotten by the next agent. */
  readonly waiting: HealthWait;
  /** It was healthy once. */
  wasHealthy: boolean;
  error: SealiftError | undefined;
}

export function requestOf({ metadata }: Kustomization): string | undefined {
  return metadata.annotations[requestedAtAnnotation];
}

export function identityOf(
  { generation }: DeliveryRecord,
  { artifact, digest }: Applied,
  waited: readonly WaitedObject[],
  target: string,
): string {
  return [generation, artifact.revision, digest, waitedDigest(waited), target].join(' ');
}

/** Since when this is waited for: from before, where an agent that has ended did so already. */
export function waitingSince(
  { record: { waiting }, delivery }: DeliveryCycle,
  identity: string,
  now: ClockReading,
): HealthWait {
  const whole = JSON.stringify([identity, requestOf(delivery)]);
  return waiting?.identity === whole ? waiting : { identity: whole, since: now };
}

/** Milliseconds of waiting that are behind an agent when it starts: as many are left at least as are needed to look at everything. */
export function passedMs({ since }: HealthWait, timeoutMs: number, now: ClockReading): number {
  return Math.min(elapsedSince(since, now), timeoutMs - minTimeoutMs);
}

/** The same objects were healthy before, when the agent ended, say, or with an object more to wait for: until the target says otherwise, it is. */
export function isKnownHealthy(
  { delivery, record: { generation, status } }: DeliveryCycle,
  { digest, changed }: Applied,
): boolean {
  const isSame =
    status.history?.[0]?.digest === digest &&
    status.observedGeneration === generation &&
    status.lastHandledReconcileAt === requestOf(delivery);
  const isHealthy = isReady(status.conditions) && keptHealthy(status)[0]?.status === 'True';
  return isSame && isHealthy && changed === 0;
}

export function reportOf({ health, attempt, timeoutMs, wasHealthy }: Follow): HealthReport {
  const { phase, passedMs } = health;
  return { attempt, timeoutMs, phase, passedMs, wasHealthy, description: health.describe() };
}

/** What is said already stays said. */
export function continued(cycle: DeliveryCycle, applied: Applied, { health }: Follow): DeliveryTransition {
  const { record, delivery } = cycle;
  if (health.phase === 'healthy') return afterApply(cycle, applied, keptHealthy(record.status));
  return { record: { ...record, status: withRequest(record.status, delivery), failures: 0 }, events: [] };
}

export function begun({ record, delivery, now }: DeliveryCycle, follow: Follow): DeliveryTransition {
  const report: HealthReport = { ...reportOf(follow), phase: 'waiting' };
  const status = healthStatus(record.status, report, { generation: record.generation, now });
  const { waiting } = follow;
  return { record: { ...record, waiting, status: withRequest(status, delivery), failures: 0 }, events: [] };
}

export function appliedEvent({ counts, attempt, health }: Follow): EventBody {
  const { revision, durationMs } = attempt;
  return {
    kind: 'delivery-applied',
    revision,
    ...counts,
    durationMs: Math.round(durationMs + health.passedMs),
  };
}
