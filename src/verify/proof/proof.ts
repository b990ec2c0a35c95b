import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { Authority } from './authority.ts';
import { proveByCertificate } from './prove-by-certificate.ts';
import { proveByKey } from './prove-by-key.ts';
import { proveKeyless } from './prove-keyless.ts';
import type { ProvenTime } from './proven-time.ts';

export type { ProvenTime } from './proven-time.ts';

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
 * @param now the site's trusted now, in milliseconds since the epoch.
 */
export function prove(authority: Authority, claim: UnverifiedClaim, now: number): Proof | Refused {
  try {
    return proveBy(authority, claim, now);
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown;
    const detail = 'expected a signature, got evidence that cannot be judged';
    return new Refused('SIGNATURE_MALFORMED', detail, { cause: thrown });
  }
}

function proveBy(authority: Authority, claim: UnverifiedClaim, now: number): Proof {
  switch (authority.kind) {
    case 'key':
      return proveByKey(authority, claim, now);
    case 'keyless':
      return proveKeyless(authority, claim, now);
    case 'certificate':
      return proveByCertificate(authority, claim, now);
  }
}
