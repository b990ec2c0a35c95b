import type { ErrorCode } from '../core/index.ts';

/** One signature that a policy counts. */
export interface Signer {
  /** Who counts it: `VerificationPolicy/namespace/name`, or `spec.verify`. */
  readonly policy: string;
  /** Policy and authority, `policy/authority`, or `spec.verify` with the key's name. */
  readonly authority: string;
  /** `sha256:<hex>` of the key's SubjectPublicKeyInfo. */
  readonly keyId: string;
  /** Of certificates: to whom, by whose word. One identity is one signer, however many keys it was given. */
  readonly identity?: { readonly issuer: string; readonly subject: string };
  /** Of certificates: milliseconds since the epoch, before which they signed nothing. */
  readonly certifiedSince?: number;
  readonly format: 'bundle' | 'legacy';
  /** Digest of the manifest or layer that holds the signature. */
  readonly evidence: string;
  /** When the signature existed, by whose word; earliest first, `at` in milliseconds since the epoch. Empty where nothing proves it. */
  readonly times: readonly {
    readonly by: 'log' | 'timestamp';
    readonly operator: string;
    readonly at: number;
  }[];
  /** What the signer stated beside the digest, under the same signature: `cosign sign -a`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Present for an attestation: what it attests. */
  readonly predicateType?: string;
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
  | {
      readonly kind: 'accepted';
      readonly digest: string;
      readonly signers: readonly Signer[];
      /** What policies in mode `warn` would have refused. */
      readonly warnings: readonly Refusal[];
      /** Milliseconds since the epoch from which on it has to be judged again: what it counts on ends by then. Absent: time changes nothing. */
      readonly validUntil?: number;
    }
  /** Nobody has to have signed it. */
  | {
      readonly kind: 'not-required';
      readonly digest: string;
      /** The policies that match and say so on purpose (`require: none`, `mode: warn`); absent where nothing asks for a signature at all. */
      readonly letThroughBy?: readonly string[];
      /** What policies in mode `warn` would have refused. */
      readonly warnings?: readonly Refusal[];
    }
  | {
      readonly kind: 'refused';
      readonly digest: string;
      /** The most telling of the refusals. */
      readonly code: ErrorCode;
      readonly detail: string;
      readonly refusals: readonly Refusal[];
    };
