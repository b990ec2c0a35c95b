import type { Descriptor } from 'oci-client-ts';

/** What a source names now: the manifest, fetched and hashed, nothing of it trusted yet. */
export interface ResolvedRevision {
  /** `tag@sha256:…`, or `sha256:…` for a source pinned by digest. */
  readonly revision: string;
  readonly manifest: Descriptor;
  /** Raw bytes; their digest is `manifest.digest`. */
  readonly content: Uint8Array;
}

/** One layer of an accepted revision, whole and checked in the local layout. */
export interface FetchedLayer {
  readonly revision: string;
  readonly layer: Descriptor;
  /** Annotations of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The tree of one revision: what deliveries are built from. Made only of what a verdict accepted. */
export interface Artifact {
  readonly revision: string;
  /** Digest of the layer. */
  readonly digest: string;
  /** Absolute directory; read-only by convention, never written after it appeared. */
  readonly root: string;
  readonly files: number;
  /** Unpacked bytes. */
  readonly bytes: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** Entries that were left out on purpose (links), for the report. */
  readonly skipped: readonly string[];
}
