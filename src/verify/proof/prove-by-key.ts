import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { AuthorityKey, KeyAuthority } from './authority.ts';
import { checkAsked } from './checked-evidence.ts';
import type { Proof } from './proof.ts';
import { contains, describeWindow, isoTime, momentsOf } from './proven-time.ts';
import { isSignedBy } from './signer.ts';

/**
 * A signature by one of the keys, in the window of that key.
 * @throws Refused SIGNATURE_KEY_UNKNOWN, KEY_EXPIRED, and what `checkEvidence` throws where logs or timestamps are asked for.
 */
export function proveByKey(authority: KeyAuthority, claim: UnverifiedClaim, now: number): Proof {
  if (claim.material.kind !== 'key') {
    throw new Refused('SIGNATURE_KEY_UNKNOWN', 'expected a signature by a key, got one with a certificate');
  }
  const signers = authority.keys.filter(({ key }) => isSignedBy(key, claim));
  const [signer] = signers;
  if (signer === undefined) {
    throw new Refused(
      'SIGNATURE_KEY_UNKNOWN',
      'expected a signature by a key of the policy, got another one',
    );
  }
  const evidence = checkAsked(authority, { key: signer.key }, { claim, now });
  requireWindow(signers, momentsOf(evidence.times, now));
  return { keyId: signer.key.id, ...evidence };
}

/** The policy may list one key with several windows: one of them has to hold all moments. */
function requireWindow(signers: readonly AuthorityKey[], moments: readonly number[]): void {
  if (signers.some((signer) => moments.every((at) => contains(signer, at)))) return;
  const windows = signers.map(describeWindow).join(', or ');
  const detail = `expected a signature ${windows}, got one at ${moments.map(isoTime).join(', ')}`;
  throw new Refused('KEY_EXPIRED', detail);
}
