import { type DeliveryRecord, revisionDigest, type SourceRecord } from '../../api/index.ts';

/** What a site needs of its disk: everything that its sources have in force, and to what its deliveries may go back. */
export interface InForce {
  readonly sources: readonly { readonly namespace: string; readonly name: string }[];
  /** Roots of unpacked trees. */
  readonly roots: ReadonlySet<string>;
  /** Digests of manifests and layers. */
  readonly digests: ReadonlySet<string>;
}

export interface Housekeeping {
  /**
   * Removes from the disk what is not in force. Called while nothing is being built; sources may be polled meanwhile. Gives the
   * milliseconds after which more can go, `undefined` when nothing is left to wait for.
   */
  collect(inForce: InForce, signal: AbortSignal): Promise<number | undefined>;
}

/** Milliseconds after another revision was stored until the old one goes: deliveries have taken the new one by then, and others come. */
export const housekeepingDelayMs: number = 60_000;

/** Milliseconds until it is tried again where a delivery was under way: one that hangs must not hold back all others. */
export const housekeepingRetryMs: number = 10_000;

/**
 * What must stay: of each source the manifest, layer and tree in force, and not what was fetched last, which may have been refused its tree.
 * What deliveries may go back to stays as well.
 */
export function inForce(records: readonly SourceRecord[], deliveries: readonly DeliveryRecord[]): InForce {
  const good = deliveries.flatMap(({ journal }) => (journal?.good === undefined ? [] : [journal.good]));
  const artifacts = records.flatMap(({ status }) => (status.artifact === undefined ? [] : [status.artifact]));
  const current = records.flatMap(({ layer }) => (layer === undefined ? [] : [layer]));
  const layers = [...current, ...good.map(({ layer }) => layer)];
  return {
    sources: records.map(({ namespace, name }) => ({ namespace, name })),
    roots: new Set([...artifacts.map(({ path }) => path), ...good.map(({ root }) => root)]),
    digests: new Set([
      ...artifacts.map(({ revision }) => revisionDigest(revision)),
      ...layers.flatMap(({ revision, layer }) => [revisionDigest(revision), layer.digest]),
    ]),
  };
}
