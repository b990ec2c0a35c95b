import { type DeliveryRecord, type DeliveryStatus, deliveryText } from '../../api/index.ts';
import { type EventBody, SealiftError } from '../../core/index.ts';
import type { DeliveryTransition } from '../status/delivery-transition.ts';
import { type HealthReport, healthStatus, keptHealthy } from './health-status.ts';

interface HealthCycle {
  readonly record: DeliveryRecord;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What it means for a delivery how its objects are doing. What is known already is told to nobody. */
export function afterHealth({ record, now }: HealthCycle, report: HealthReport): DeliveryTransition {
  const status = healthStatus(record.status, report, { generation: record.generation, now });
  const { waiting: _, ...settled } = record;
  const next = { ...(report.phase === 'healthy' ? settled : record), status };
  const { revision } = report.attempt;
  const { phase, passedMs: durationMs } = report;
  if (phase === 'healthy') return { record: next, events: [{ kind: 'health-passed', revision, durationMs }] };
  if (phase === 'waiting') return { record: next, events: lost(record.status, report) };
  const error = healthError(record, status);
  const { code, message } = error;
  const events: EventBody[] = [{ kind: 'failed', stage: 'health', code, message, revision }];
  return { record: next, events: said(record.status) === said(status) ? [] : events, error };
}

/** Why a delivery is not healthy, as its status says it. */
function healthError({ namespace, name }: DeliveryRecord, { conditions }: DeliveryStatus): SealiftError {
  const { message = '' } = conditions.find(({ type }) => type === 'Ready') ?? {};
  return new SealiftError('HEALTH_CHECK_FAILED', deliveryText({ namespace, name }), message);
}

function lost(before: DeliveryStatus, { attempt, description, wasHealthy }: HealthReport): EventBody[] {
  const [healthy] = keptHealthy(before);
  if (!wasHealthy || healthy?.status !== 'True') return [];
  return [{ kind: 'health-lost', revision: attempt.revision, message: description }];
}

function said(status: DeliveryStatus): string | undefined {
  return keptHealthy(status)[0]?.message;
}
