import type { DeliveryPlace, DeliveryRecord, FormerPlace, InventoryEntry } from '../../api/index.ts';

/** A place, and which cluster that is. */
interface Destination {
  readonly place: DeliveryPlace;
  readonly cluster: string;
}

/**
 * The record of a delivery that goes to a place from now on. In another cluster none of its inventory is: that is to be taken back where it
 * is. Where only the Secret or ConfigMap of the same name leads to another address, that may be the same cluster or a new one: the labels there say what is ours.
 * @param clusterOf which cluster a place is in.
 */
export function goingTo(
  record: DeliveryRecord,
  { place, cluster }: Destination,
  clusterOf: (place: DeliveryPlace) => string,
): DeliveryRecord {
  const before = record.place ?? {};
  const entries = record.status.inventory?.entries ?? [];
  if (clusterOf(before) === cluster) return withPlace(record, place);
  if (isGivenBySame(before, place)) return withPlace(withInventory(record, entries.map(unproven)), place);
  const all = entries.length === 0 ? [] : [{ place: before, entries }];
  const former = [...(record.former ?? []), ...all];
  const isBack = (one: FormerPlace): boolean => clusterOf(one.place) === cluster;
  const back = former.filter(isBack).flatMap((one) => one.entries);
  return withPlace(
    withFormer(
      withInventory(record, back),
      former.filter((one) => !isBack(one)),
    ),
    place,
  );
}

/** The record with what is still to be taken back elsewhere. */
export function withFormer(record: DeliveryRecord, former: readonly FormerPlace[]): DeliveryRecord {
  const { former: _, ...rest } = record;
  return former.length === 0 ? rest : { ...rest, former };
}

function withInventory(record: DeliveryRecord, entries: readonly InventoryEntry[]): DeliveryRecord {
  const isEmpty = entries.length === 0 && record.status.inventory === undefined;
  return isEmpty ? record : { ...record, status: { ...record.status, inventory: { entries } } };
}

function withPlace(record: DeliveryRecord, place: DeliveryPlace): DeliveryRecord {
  const { place: _, ...rest } = record;
  const isOfSite = place.kubeConfig === undefined && place.account === undefined;
  return isOfSite ? rest : { ...rest, place };
}

function unproven(entry: InventoryEntry): InventoryEntry {
  return { ...entry, attempted: true };
}

function isGivenBySame({ kubeConfig: a }: DeliveryPlace, { kubeConfig: b }: DeliveryPlace): boolean {
  return a !== undefined && b !== undefined && a.kind === b.kind && a.name === b.name && a.key === b.key;
}
