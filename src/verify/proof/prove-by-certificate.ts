import type { UnverifiedClaim } from '../evidence/candidate.ts';
import type { CertificateAuthority } from './authority.ts';
import { nameOf, readAnchors, requireIssuedBy } from './certificate-chain.ts';
import { requireIdentity, subjectOf } from './certificate-identity.ts';
import { checkAsked } from './checked-evidence.ts';
import type { Proof } from './proof.ts';
import { requireCertificate } from './prove-keyless.ts';
import { momentsOf } from './proven-time.ts';
import { certifiedKey, requireSignature } from './signer.ts';

/**
 * A signature by somebody with a certificate of the site's own authorities, valid at each proven time, or now where none is asked for.
 * @throws Refused CERTIFICATE_INVALID, SIGNATURE_IDENTITY_UNKNOWN, SIGNATURE_KEY_UNKNOWN, and what `checkEvidence` throws.
 */
export function proveByCertificate(
  authority: CertificateAuthority,
  claim: UnverifiedClaim,
  now: number,
): Proof {
  const certificate = requireCertificate(claim);
  const key = certifiedKey(certificate);
  requireSignature(key, claim);
  const evidence = checkAsked(authority, { key, certificate }, { claim, now });
  const anchors = readAnchors(authority.roots, authority.intermediates);
  const root = requireIssuedBy(anchors, certificate, momentsOf(evidence.times, now));
  const identity = { issuer: nameOf(root), subject: subjectOf(certificate) };
  requireIdentity(certificate, identity, authority.identities);
  return { keyId: key.id, identity, certifiedSince: certificate.notBefore, ...evidence };
}
