import type { UnverifiedCandidate, UnverifiedClaim } from './candidate.ts';
import { readLegacyAttestation } from './legacy-attestation.ts';
import { readLegacySignature } from './legacy-signature.ts';
import { Refused } from './refused.ts';
import { readSigstoreBundle } from './sigstore-bundle.ts';

/**
 * What a candidate claims about the artifact of this digest; whether it speaks about it at all, `digests` says. A signature or an
 * attestation, never a message. Never throws: what cannot be read is refused.
 */
export function readClaim(candidate: UnverifiedCandidate, digest: string): UnverifiedClaim | Refused {
  try {
    if (candidate.format === 'bundle') return readSigstoreBundle(candidate.content, { digest });
    return candidate.purpose === 'attestation'
      ? readLegacyAttestation(candidate, digest)
      : readLegacySignature(candidate);
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown;
    return new Refused('SIGNATURE_MALFORMED', 'expected evidence, got content that cannot be read', {
      cause: thrown,
    });
  }
}
