import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { Authority, KeyAuthority } from './authority.ts';
import { isSignatureBy } from './public-key.ts';

/** A moment at which the signature existed, and who says so. */
export interface ProvenTime {
  readonly by: 'log' | 'timestamp';
  /** Who runs the log or the timestamp authority: one operator counts once. */
  readonly operator: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** That an authority signed a claim. Made by `prove` alone. */
export interface Proof {
  /** `sha256:<hex>` of the SubjectPublicKeyInfo that verified the signature. */
  readonly keyId: string;
  /** Of certificates: to whom, by whose word. */
  readonly identity?: { readonly issuer: string; readonly subject: string };
  /** Earliest first. */
  readonly times: readonly ProvenTime[];
}

/**
 * Whether this authority signed this claim: the proof, or why there is none. The authority is the policy's choice; what the evidence says
 * about its signer selects nothing. Never throws.
 */
export function prove(authority: Authority, claim: UnverifiedClaim): Proof | Refused {
  switch (authority.kind) {
    case 'key':
      return proveByKey(authority, claim);
    default:
      return new Refused('SIGNATURE_KEY_UNKNOWN', `expected a key, got ${authority.kind}`);
  }
}

function proveByKey({ keys }: KeyAuthority, claim: UnverifiedClaim): Proof | Refused {
  const signer =
    claim.material.kind === 'key'
      ? keys.find(({ key }) => isSignatureBy(key, claim.signedBytes, claim.signature))
      : undefined;
  if (signer === undefined) return new Refused('SIGNATURE_KEY_UNKNOWN', 'expected another key');
  return { keyId: signer.key.id, times: [] };
}
