import { type DeliveryRecord, type DesiredState, findNamed, type SourceRecord } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';

/** Deliveries that were applied and have left the configuration. */
export function withdrawn(
  records: readonly DeliveryRecord[],
  desired: DesiredState,
): readonly DeliveryRecord[] {
  return records.filter(
    ({ namespace, name }) => findNamed(desired.deliveries, namespace, name) === undefined,
  );
}

/** Sources that were polled and have left the configuration. */
export function withdrawnSources(
  records: readonly SourceRecord[],
  desired: DesiredState,
): readonly SourceRecord[] {
  return records.filter(({ namespace, name }) => findNamed(desired.sources, namespace, name) === undefined);
}

/**
 * What is wrong with a configuration that would take back everything: one without any delivery is far more often the wrong file, or half of it,
 * than an order.
 */
export function withdrawalFault(
  records: readonly DeliveryRecord[],
  desired: DesiredState,
  withdrawAll: boolean,
): SealiftError | undefined {
  const owning = records.filter(({ prune, status }) => prune && (status.inventory?.entries.length ?? 0) > 0);
  if (withdrawAll || desired.deliveries.length > 0 || owning.length === 0) return undefined;
  const detail = `expected at least one Kustomization, got none: the objects of ${owning.length} that are in force stay`;
  return new SealiftError('WITHDRAWAL_REFUSED', 'configuration', detail);
}
