import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { SealiftError } from '../../core/index.ts';
import { type PublicKey, publicKeyOf } from '../proof/public-key.ts';
import { unsealPrivateKey } from './private-key-file.ts';

/** A key that can sign, with the public half that its signatures are checked with. */
export interface PrivateKey {
  readonly publicKey: PublicKey;
  readonly key: KeyObject;
}

const subject = 'private key';

/**
 * Opens a private key as `cosign generate-key-pair`, `cosign import-key-pair` and `sealift keygen` write it.
 * @throws SealiftError KEY_INVALID, KEY_PASSWORD_WRONG.
 */
export async function openPrivateKey(pem: string, password: string): Promise<PrivateKey> {
  const pkcs8 = await unsealPrivateKey(pem, password);
  try {
    return fromPkcs8(pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}

function fromPkcs8(pkcs8: Uint8Array): PrivateKey {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch {
    throw new SealiftError('KEY_INVALID', subject, `expected PKCS#8, got ${pkcs8.byteLength} other bytes`);
  }
  const publicKey = publicKeyOf(key, subject);
  // Readers of cosign's format take Ed25519 as Ed25519ph, which Node cannot make: such a signature would be refused by everybody else.
  if (publicKey.hash === undefined) {
    throw new SealiftError(
      'KEY_INVALID',
      subject,
      `expected ECDSA or RSA to sign with, got ${publicKey.algorithm}`,
    );
  }
  return { publicKey, key };
}

/** A signature over these bytes, with the key's own hash and padding; ECDSA as DER. */
export function signBytes({ publicKey, key }: PrivateKey, bytes: Uint8Array): Buffer {
  return sign(publicKey.hash, bytes, { key, dsaEncoding: 'der' });
}
