import type { Condition } from './conditions.ts';
import type { InventoryEntry } from './inventory.ts';

/** `status.artifact` of a source. */
export interface ArtifactStatus {
  /** Digest of the layer that was unpacked. */
  readonly digest: string;
  /** Directory of the unpacked tree, below the state directory. */
  readonly path: string;
  readonly url: string;
  readonly revision: string;
  readonly lastUpdateTime: string;
  readonly size: number;
  /** Annotations of the manifest. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** `status` of an OCIRepository, in Flux's words. */
export interface SourceStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  readonly artifact?: ArtifactStatus;
  /** `spec.ignore` and `spec.layerSelector` that the artifact was made with, where they were set. */
  readonly observedIgnore?: string;
  readonly observedLayerSelector?: { readonly mediaType?: string | undefined; readonly operation: string };
  readonly lastHandledReconcileAt?: string;
}

/** One line of `status.history` of a Kustomization. */
export interface HistoryEntry {
  readonly digest: string;
  readonly firstReconciled: string;
  readonly lastReconciled: string;
  readonly lastReconciledDuration: string;
  readonly lastReconciledStatus: string;
  readonly totalReconciliations: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** `status` of a Kustomization, in Flux's words. */
export interface DeliveryStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  readonly lastAppliedRevision?: string;
  readonly lastAppliedOriginRevision?: string;
  readonly lastAttemptedRevision?: string;
  readonly inventory?: { readonly entries: readonly InventoryEntry[] };
  readonly history?: readonly HistoryEntry[];
  readonly lastHandledReconcileAt?: string;
}
