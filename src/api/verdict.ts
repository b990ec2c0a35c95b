import type { ErrorCode } from '../core/index.ts';

/** One signature that a policy counts. */
export interface Signer {
  /** Policy and authority, `policy/authority`, or `spec.verify` with the key's name. */
  readonly authority: string;
  /** `sha256:<hex>` of the key's SubjectPublicKeyInfo. */
  readonly keyId: string;
  readonly format: 'bundle' | 'legacy';
  /** Digest of the manifest or layer that holds the signature. */
  readonly evidence: string;
}

/** Why one candidate was not accepted. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The candidate's digest, or the policy's name. */
  readonly subject: string;
  readonly detail: string;
}

/** The outcome of verification of one manifest digest. Refusal is the default. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly digest: string; readonly signers: readonly Signer[] }
  /** No policy and no `spec.verify` asks for a signature. */
  | { readonly kind: 'not-required'; readonly digest: string }
  | {
      readonly kind: 'refused';
      readonly digest: string;
      /** The most telling of the refusals. */
      readonly code: ErrorCode;
      readonly detail: string;
      readonly refusals: readonly Refusal[];
    };
