import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { Certificate } from './certificate.ts';
import { isSignatureBy, type PublicKey, publicKeyOf } from './public-key.ts';

/** Whose signature a claim is held against: a key, and the certificate that it was found in if there is one. */
export interface Signer {
  readonly key: PublicKey;
  readonly certificate?: Certificate;
}

/** True when the key made the signature of this claim, with the hash that belongs to the key. */
export function isSignedBy(
  key: PublicKey,
  { signedBytes, signedDigest, signature }: UnverifiedClaim,
): boolean {
  if (signedDigest === undefined) return isSignatureBy(key, signedBytes, signature);
  return key.hash === 'sha256' && signedDigest.isSignedBy(key.key, signature);
}

/** @throws Refused CERTIFICATE_INVALID for a key of an algorithm or size that does not count. */
export function certifiedKey({ publicKey }: Certificate): PublicKey {
  try {
    return publicKeyOf(publicKey, 'certificate');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : 'expected another key in the certificate';
    throw new Refused('CERTIFICATE_INVALID', detail, { cause });
  }
}

/** That the key of a certificate made the signature. @throws Refused SIGNATURE_KEY_UNKNOWN. */
export function requireSignature(key: PublicKey, claim: UnverifiedClaim): void {
  if (isSignedBy(key, claim)) return;
  const detail = `expected a signature by the ${key.algorithm} key of the certificate, got another one`;
  throw new Refused('SIGNATURE_KEY_UNKNOWN', detail);
}
