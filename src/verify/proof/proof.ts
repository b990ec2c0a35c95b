import type { UnverifiedClaim } from '../evidence/candidate.ts';
import type { Authority } from '../policy/authorities.ts';
import { isSignatureBy } from './public-key.ts';

/**
 * The id of the key with which this authority signed this claim, or nothing. The authority is the policy's choice; what the evidence says
 * about its signer selects nothing. Identities, logs and timestamps are judged here too, by the kind of authority that asks for them.
 */
export function provenSigner(authority: Authority, claim: UnverifiedClaim): string | undefined {
  switch (authority.kind) {
    case 'key':
      if (claim.material.kind !== 'key') return undefined;
      return isSignatureBy(authority.key, claim.signedBytes, claim.signature) ? authority.key.id : undefined;
  }
}
