import { type DeliveryRecord, type DesiredState, findNamed, type SourceRecord } from '../api/index.ts';

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
