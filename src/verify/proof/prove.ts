import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { Authority } from './authority.ts';
import type { Proof } from './proof.ts';
import { proveByCertificate } from './prove-by-certificate.ts';
import { proveByKey } from './prove-by-key.ts';
import { proveKeyless } from './prove-keyless.ts';

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
