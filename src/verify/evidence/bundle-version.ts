/** What cosign writes: https://github.com/sigstore/cosign/blob/v3.0.0/specs/BUNDLE_SPEC.md */
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Also what legacy evidence is lifted into, since it too has promises of a log and no proofs. */
export const oldestBundleMediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';

interface BundleVersion {
  /** What each log entry has to bring: a promise of the log, or a proof with the checkpoint that it leads to. */
  readonly entryBrings: 'promise' | 'proof';
  readonly allowsChain: boolean;
}

/**
 * Every media type that a bundle may have, both spellings of version 0.3 among them, and nothing that only begins like one.
 * https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
 */
export const bundleVersions: ReadonlyMap<string, BundleVersion> = new Map([
  [oldestBundleMediaType, { entryBrings: 'promise', allowsChain: true }],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', { entryBrings: 'proof', allowsChain: true }],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', { entryBrings: 'proof', allowsChain: false }],
  [bundleMediaType, { entryBrings: 'proof', allowsChain: false }],
]);
