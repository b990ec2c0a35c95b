import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { SealiftError } from '../../core/index.ts';
import { parsePem } from '../evidence/strict-pem.ts';
import { type Ed25519phVerifier, loadEd25519ph } from './ed25519ph.ts';

/** A key that may prove a signature, with the one hash that belongs to it. */
export interface PublicKey {
  /** `sha256:<hex>` of the SubjectPublicKeyInfo: two spellings of one key are one key. */
  readonly id: string;
  /** For messages: `ECDSA P-256`, `RSA 2048`. */
  readonly algorithm: string;
  /** `undefined` where the algorithm hashes by itself (Ed25519). */
  readonly hash: string | undefined;
  readonly key: KeyObject;
  /** Of Ed25519 keys that were loaded with it: the prehashed variant counts beside the pure one. */
  readonly isEd25519ph?: Ed25519phVerifier;
}

/**
 * NIST asks for 2048 bits at least (SP 800-131A rev. 2, table 2); 8192 keeps one verification under a millisecond, so that a policy's
 * keys times the candidates stay cheap.
 */
const rsaBits = { min: 2048, max: 8192 };

/** OpenSSL's names. The hash is the one that cosign takes for the curve. */
const curves: Readonly<Record<string, { readonly name: string; readonly hash: string }>> = {
  prime256v1: { name: 'P-256', hash: 'sha256' },
  secp384r1: { name: 'P-384', hash: 'sha384' },
  secp521r1: { name: 'P-521', hash: 'sha512' },
};

const blockTypes: Readonly<Record<string, 'spki' | 'pkcs1'>> = {
  'PUBLIC KEY': 'spki',
  'RSA PUBLIC KEY': 'pkcs1',
};

/**
 * Reads one PEM public key: ECDSA P-256, P-384, P-521, RSA of 2048 to 8192 bits (PKCS#1 v1.5, SHA-256) or Ed25519, pure and prehashed.
 * @throws SealiftError KEY_INVALID.
 */
export async function parsePublicKey(pem: string, subject: string): Promise<PublicKey> {
  const publicKey = publicKeyOf(parseKeyObject(pem, subject), subject);
  return publicKey.hash === undefined ? { ...publicKey, isEd25519ph: await loadEd25519ph() } : publicKey;
}

function parseKeyObject(pem: string, subject: string): KeyObject {
  const { label, content } = parsePem(pem, Object.keys(blockTypes), subject);
  const type = blockTypes[label] ?? 'spki';
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(content), format: 'der', type });
  } catch (cause) {
    throw new SealiftError(
      'KEY_INVALID',
      subject,
      `expected a public key, got ${content.byteLength} other bytes`,
      { cause },
    );
  }
  if (!key.export({ format: 'der', type }).equals(content)) {
    throw new SealiftError(
      'KEY_INVALID',
      subject,
      'expected the key alone in DER, got further or other bytes',
    );
  }
  return key;
}

/** Describes a public key, or the public half of a private one. @throws SealiftError KEY_INVALID for an algorithm without a rule here. */
export function publicKeyOf(source: KeyObject, subject: string): PublicKey {
  const key = source.type === 'private' ? createPublicKey(source) : source;
  const spki = key.export({ format: 'der', type: 'spki' });
  return {
    id: `sha256:${createHash('sha256').update(spki).digest('hex')}`,
    key,
    ...algorithmOf(key, subject),
  };
}

function algorithmOf(key: KeyObject, subject: string): Pick<PublicKey, 'algorithm' | 'hash'> {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return ecAlgorithm(key.asymmetricKeyDetails?.namedCurve ?? 'a curve without name', subject);
    case 'rsa':
      return rsaAlgorithm(key, subject);
    case 'ed25519':
      return { algorithm: 'Ed25519', hash: undefined };
    default:
      throw unsupported(subject, key.asymmetricKeyType ?? 'an unknown algorithm');
  }
}

function ecAlgorithm(curve: string, subject: string): Pick<PublicKey, 'algorithm' | 'hash'> {
  const known = Object.hasOwn(curves, curve) ? curves[curve] : undefined;
  if (known === undefined) throw unsupported(subject, `EC ${curve}`);
  return { algorithm: `ECDSA ${known.name}`, hash: known.hash };
}

function rsaAlgorithm(key: KeyObject, subject: string): Pick<PublicKey, 'algorithm' | 'hash'> {
  const { modulusLength: bits = 0, publicExponent: exponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (bits < rsaBits.min || bits > rsaBits.max) throw unsupported(subject, `RSA of ${bits} bits`);
  if (exponent < 3n || exponent % 2n === 0n) throw unsupported(subject, `RSA with exponent ${exponent}`);
  return { algorithm: `RSA ${bits}`, hash: 'sha256' };
}

function unsupported(subject: string, got: string): SealiftError {
  const expected = `expected ECDSA P-256, P-384 or P-521, RSA of ${rsaBits.min} to ${rsaBits.max} bits, or Ed25519`;
  return new SealiftError('KEY_INVALID', subject, `${expected}, got ${got}`);
}

/**
 * True when this key made this signature over these bytes, with the key's own hash. Of RSA keys that are no PSS keys Node takes PKCS#1 v1.5,
 * as cosign signs. Whatever goes wrong is no proof.
 */
export function isSignatureBy(
  { key, hash, isEd25519ph }: PublicKey,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return (
      verify(hash, bytes, { key, dsaEncoding: 'der' }, signature) ||
      isEd25519ph?.(key, bytes, signature) === true
    );
  } catch {
    return false;
  }
}
