import { isDeepStrictEqual } from 'node:util';
import {
  type Condition,
  type ConditionDraft,
  type DeliveryRecord,
  type DeliveryStatus,
  deliveryText,
  type StateStore,
  setConditions,
} from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { type WayBack, wayBack } from './journal.ts';

const reasons = { going: 'RollingBack', gone: 'RolledBack', lost: 'RollbackFailed' } as const;

function readyOf({ conditions }: Pick<DeliveryStatus, 'conditions'>): Condition | undefined {
  return conditions.find(({ type }) => type === 'Ready');
}

function describe({ bad, good, why }: WayBack, reason: string, detail: string): string {
  const [failed, last] = [bad.layer.revision, good.layer.revision];
  const head = `revision ${failed} failed: ${why}; `;
  if (reason === reasons.gone) return `${head}the last good one, ${last}, is in force again`;
  if (reason === reasons.going) return `${head}going back to the last good one, ${last}`;
  return `${head}the last good one, ${last}, does not hold either: ${detail}`;
}

function reasonOf({ bad, stage }: WayBack, { lastAttemptedRevision, conditions }: DeliveryStatus): string {
  const ready = readyOf({ conditions });
  if (ready?.status === 'True') return stage === 'returned' ? reasons.gone : reasons.going;
  // What it says is of the one that failed, or of one that is not known to be healthy yet.
  const isUnderWay = lastAttemptedRevision === bad.layer.revision || ready?.status !== 'False';
  return isUnderWay ? reasons.going : reasons.lost;
}

/**
 * What is told of a delivery on its way back, or at its end: not ready, since it is not what the source asks for, and stalled when it has
 * arrived, since waiting helps nobody. What is to be said of the last good revision alone is kept beneath.
 * @param before the conditions that were told last.
 */
function shown(record: DeliveryRecord, before: readonly Condition[], now: number): DeliveryRecord {
  const { journal, status, generation } = record;
  const way = wayBack(journal);
  if (way === undefined) return record;
  const { conditions, lastAttemptedRevision } = status;
  const reason = reasonOf(way, status);
  const message = describe(way, reason, readyOf(status)?.message ?? '');
  const common = { reason, message, observedGeneration: generation } as const;
  const ready: ConditionDraft = { ...common, type: 'Ready', status: 'False' };
  const stalled: ConditionDraft = { ...common, type: 'Stalled', status: 'True' };
  const others = conditions.filter(({ type }) => type !== 'Ready');
  const drafts = [...(reason === reasons.gone ? [stalled] : []), ready, ...others];
  const kept = lastAttemptedRevision === undefined ? {} : { lastAttemptedRevision };
  return {
    ...record,
    status: {
      ...status,
      conditions: setConditions(before, drafts, now),
      lastAttemptedRevision: way.bad.layer.revision,
    },
    journal: { ...journal, beneath: { conditions, ...kept } },
  };
}

/** The record with what is to be said of the revision that it applies, and nothing of another one that failed. */
export function beneath(record: DeliveryRecord): DeliveryRecord {
  const { beneath: said, ...journal } = record.journal ?? {};
  if (said === undefined) return record;
  const { lastAttemptedRevision: _, ...status } = record.status;
  return { ...record, status: { ...status, ...said }, journal };
}

/** Without what each pass counts, whatever it found. */
function uncounted({ status: { history = [], ...status }, ...record }: DeliveryRecord): unknown {
  const entries = history.map(
    ({ lastReconciled: _at, lastReconciledDuration: _long, totalReconciliations: _times, ...entry }) => entry,
  );
  return { ...record, status, entries };
}

/**
 * Keeps a record, with what is to be told of a way back. Gives what it kept. A site with a thousand deliveries has as many passes a minute that
 * find nothing new: that they took place is not worth a sync of the disk each.
 */
export function keepDelivery(state: StateStore, record: DeliveryRecord, now: number): DeliveryRecord {
  const before = state.deliveries.find(record.namespace, record.name);
  const kept = shown(record, before?.status.conditions ?? [], now);
  const isNews = before === undefined || !isDeepStrictEqual(uncounted(before), uncounted(kept));
  if (isNews) state.deliveries.save(kept);
  else state.deliveries.saveDerived(kept);
  return kept;
}

/** That a delivery went back, for whoever asks how it is. */
export function rolledBack({ namespace, name, journal }: DeliveryRecord): SealiftError | undefined {
  const way = wayBack(journal);
  if (way?.stage !== 'returned') return undefined;
  const message = describe(way, reasons.gone, '');
  return new SealiftError('DELIVERY_ROLLED_BACK', deliveryText({ namespace, name }), message);
}
