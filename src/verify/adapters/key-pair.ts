import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { sealPrivateKey } from '../signing/private-key-file.ts';

/** Both PEM: the private key encrypted as cosign stores it, the public key as SubjectPublicKeyInfo. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A new ECDSA P-256 key pair, cosign's default kind. Takes about 0.2 s and 64 MiB for a while: scrypt. */
export async function generateKeyPair(password: string): Promise<KeyPair> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  });
  try {
    const sealed = await sealPrivateKey(privateKey, {
      password,
      salt: randomBytes(32),
      nonce: randomBytes(24),
    });
    return { privateKey: sealed, publicKey };
  } finally {
    privateKey.fill(0);
  }
}
