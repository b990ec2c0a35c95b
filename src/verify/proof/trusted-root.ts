/** Whose certificates, logs and timestamps count: what `trusted_root.json` of Sigstore holds. */
export interface TrustedRoot {
  /** `sha256:<hex>` of the file: verdicts are kept under it. */
  readonly id: string;
}
