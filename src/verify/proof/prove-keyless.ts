import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import { askedEvidence } from './asked-evidence.ts';
import type { KeylessAuthority } from './authority.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { issuerOf, requireIdentity, subjectOf } from './certificate-identity.ts';
import { checkEvidence } from './checked-evidence.ts';
import { requireCodeSigner } from './code-signing.ts';
import type { Proof } from './proof.ts';
import { certifiedKey, requireSignature } from './signer.ts';

/**
 * A signature by somebody with a short-lived certificate of the trusted root. What the certificate says is compared first, because that
 * costs little; that it is one is found by `checkEvidence`.
 * @throws Refused CERTIFICATE_INVALID, SIGNATURE_IDENTITY_UNKNOWN, SIGNATURE_KEY_UNKNOWN, TIME_UNPROVEN, LOG_ENTRY_INVALID, TIMESTAMP_INVALID.
 */
export function proveKeyless(authority: KeylessAuthority, claim: UnverifiedClaim, now: number): Proof {
  const certificate = requireCertificate(claim);
  const identity = { issuer: issuerOf(certificate), subject: subjectOf(certificate) };
  requireIdentity(certificate, identity, authority.identities);
  const key = certifiedKey(certificate);
  requireSignature(key, claim);
  const evidence = checkEvidence({
    claim,
    now,
    signer: { key, certificate },
    root: authority.trustedRoot,
    asked: askedEvidence(authority),
    time: authority.time,
    issuedByRoot: true,
  });
  return { keyId: key.id, identity, certifiedSince: certificate.notBefore, ...evidence };
}

/** @throws Refused SIGNATURE_KEY_UNKNOWN when there is no certificate, CERTIFICATE_INVALID when it is not one for signing code. */
export function requireCertificate({ material }: UnverifiedClaim): Certificate {
  if (material.kind !== 'certificate') {
    throw new Refused('SIGNATURE_KEY_UNKNOWN', 'expected a signature with a certificate, got one by a key');
  }
  const certificate = readCertificate(material.leaf);
  requireCodeSigner(certificate);
  return certificate;
}
