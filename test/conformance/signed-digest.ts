import { constants, type KeyObject, publicDecrypt } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import type { SignedDigest } from '../../src/verify/evidence/candidate.ts';

/** DigestInfo of SHA-256 up to the digest. https://www.rfc-editor.org/rfc/rfc8017#section-9.2 */
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** ECDSA P-256 and RSA (PKCS#1 v1.5) with SHA-256 can be checked against a digest; the algorithms that hash by themselves cannot. */
export function signedDigest(sha256: Uint8Array): SignedDigest {
  return {
    sha256,
    isSignedBy: (key, signature) => {
      try {
        return isSignatureOf(sha256, key, signature);
      } catch {
        return false;
      }
    },
  };
}

function isSignatureOf(digest: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === 'rsa') {
    const opened = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return opened.equals(Buffer.concat([sha256Prefix, digest]));
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false;
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return p256.verify(signature, digest, point, { prehash: false, format: 'der', lowS: false });
}
