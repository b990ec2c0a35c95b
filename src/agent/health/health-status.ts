import {
  type Condition,
  type ConditionDraft,
  type DeliveryStatus,
  formatDuration,
  setConditions,
} from '../../api/index.ts';
import type { HealthPhase } from '../../health/index.ts';
import { type Attempt, appliedStatus, type Moment, withHistory } from '../status/delivery-status.ts';
import { listedConditions } from '../status/listed-condition.ts';

/** How an attempt is doing, and since when. */
export interface HealthReport {
  readonly attempt: Omit<Attempt, 'reason'>;
  readonly timeoutMs: number;
  readonly phase: HealthPhase;
  /** What is waited for, and why; empty when nothing is. */
  readonly description: string;
  /** Milliseconds since the waiting began. */
  readonly passedMs: number;
  /** It was healthy before. */
  readonly wasHealthy: boolean;
}

const type = 'Healthy';

/** What the status said before of objects that are still looked at. */
export function keptHealthy({ conditions }: DeliveryStatus): readonly Condition[] {
  return conditions.filter((condition) => condition.type === type);
}

/** Everything is applied, and not all of it is healthy. */
export function isUnhealthy(status: DeliveryStatus): boolean {
  return keptHealthy(status).some((condition) => condition.status !== 'True');
}

/** The reason of an attempt that became healthy, or of one that did not. */
const reasons = { good: 'ReconciliationSucceeded', bad: 'HealthCheckFailed' } as const;

/** Status of a delivery that is applied, by how its objects are doing, in Flux's words. */
export function healthStatus(before: DeliveryStatus, report: HealthReport, moment: Moment): DeliveryStatus {
  switch (report.phase) {
    case 'healthy':
      return healthyStatus(before, report, moment);
    case 'waiting':
      return waitingStatus(before, report, moment);
    case 'failed':
    case 'timed-out':
      return unhealthyStatus(before, report, moment);
    default:
      return report.phase satisfies never;
  }
}

function healthyStatus(before: DeliveryStatus, report: HealthReport, moment: Moment): DeliveryStatus {
  const { attempt, passedMs } = report;
  const message = `Health check passed in ${formatDuration(passedMs)}`;
  const observedGeneration = moment.generation;
  const healthy: ConditionDraft = { type, status: 'True', reason: 'Succeeded', message, observedGeneration };
  const durationMs = attempt.durationMs + Math.round(passedMs);
  return appliedStatus(before, { ...attempt, durationMs, reason: reasons.good }, moment, [healthy]);
}

function running({ attempt, timeoutMs }: HealthReport): string {
  return `Running health checks for revision ${attempt.revision} with a timeout of ${formatDuration(timeoutMs)}`;
}

function waitingStatus(before: DeliveryStatus, report: HealthReport, moment: Moment): DeliveryStatus {
  const { description, wasHealthy } = report;
  const common = { reason: 'Progressing', observedGeneration: moment.generation } as const;
  const message = running(report);
  const drafts: readonly ConditionDraft[] = [
    { ...common, type: 'Reconciling', status: 'True', message },
    {
      ...common,
      type: 'Ready',
      status: 'Unknown',
      message: wasHealthy ? description : 'Reconciliation in progress',
    },
    { ...common, type, status: 'Unknown', message: wasHealthy ? description : message },
  ];
  return attempted(before, report, drafts, moment);
}

function unhealthyStatus(before: DeliveryStatus, report: HealthReport, moment: Moment): DeliveryStatus {
  const { attempt, description, passedMs } = report;
  const common = { status: 'False', reason: reasons.bad, observedGeneration: moment.generation } as const;
  const message = `health check failed after ${formatDuration(passedMs)}: ${description}`;
  const drafts: readonly ConditionDraft[] = [
    {
      type: 'Reconciling',
      status: 'True',
      reason: 'ProgressingWithRetry',
      message: running(report),
      observedGeneration: moment.generation,
    },
    { ...common, type: 'Ready', message },
    { ...common, type, message: description },
  ];
  const durationMs = attempt.durationMs + Math.round(passedMs);
  const history = withHistory(
    before.history ?? [],
    { ...attempt, durationMs, reason: reasons.bad },
    moment.now,
  );
  return { ...attempted(before, report, drafts, moment), history };
}

function attempted(
  before: DeliveryStatus,
  { attempt }: HealthReport,
  drafts: readonly ConditionDraft[],
  { now }: Moment,
): DeliveryStatus {
  const conditions = setConditions(before.conditions, [...drafts, ...listedConditions(before)], now);
  return { ...before, conditions, lastAttemptedRevision: attempt.revision };
}
