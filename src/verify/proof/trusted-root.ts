/** One log or authority of a trusted root, for people. */
export interface TrustedMember {
  readonly role: 'log' | 'certificate-log' | 'certificate-authority' | 'timestamp-authority';
  readonly url: string;
  /** Who runs it; empty in roots of before 2025. Members without operator count as one. */
  readonly operator: string;
  /** Milliseconds since the epoch, both inclusive. An open window goes on. */
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
}

/** Whose certificates, logs and timestamps count: what `trusted_root.json` of Sigstore holds. */
export interface TrustedRoot {
  /** `sha256:<hex>` of the file: verdicts are kept under it. */
  readonly id: string;
  readonly members: readonly TrustedMember[];
}
