import type { IdentityRule } from './identity-rule.ts';
import type { PublicKey } from './public-key.ts';
import type { TrustedRoot } from './trusted-root.ts';

/** What has to prove the time of a signature, beyond what the kind of authority asks for by itself. Counted by distinct operators. */
export interface TimeRule {
  /** Transparency logs that hold the signature. */
  readonly logs: number;
  /** Timestamp authorities that saw it. */
  readonly timestamps: number;
}

interface Named {
  /** As in `Signer.authority`. */
  readonly name: string;
}

/** A set of public keys, any of which may sign; a set of more than one is a rotation. */
export interface KeyAuthority extends Named {
  readonly kind: 'key';
  readonly keys: readonly AuthorityKey[];
  readonly time: TimeRule;
  /** Present when `time` asks for anything. */
  readonly trustedRoot?: TrustedRoot;
}

export interface AuthorityKey {
  readonly key: PublicKey;
  /** Milliseconds since the epoch: the window in which the key may sign. Judged at each proven time, at the site's trusted now where there is none. */
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** Somebody whom a Fulcio of the trusted root gave a short-lived certificate: SCT and at least one proof of time are always asked for. */
export interface KeylessAuthority extends Named {
  readonly kind: 'keyless';
  /** Any of them. */
  readonly identities: readonly IdentityRule[];
  readonly time: TimeRule;
  readonly trustedRoot: TrustedRoot;
}

/** Somebody with a certificate for code signing by an authority of the site's own. */
export interface CertificateAuthority extends Named {
  readonly kind: 'certificate';
  /** DER: roots, and intermediates if there are. */
  readonly roots: readonly Uint8Array[];
  readonly intermediates: readonly Uint8Array[];
  /** Any of them; without an issuer rule, since there is one issuer. */
  readonly identities: readonly IdentityRule[];
  readonly time: TimeRule;
  /** Present when `time` asks for anything. */
  readonly trustedRoot?: TrustedRoot;
}

/** Somebody who may sign. */
export type Authority = KeyAuthority | KeylessAuthority | CertificateAuthority;
