import type { KeyObject } from 'node:crypto';

/** True when the key made this Ed25519ph signature over these bytes. May throw on hostile signatures. */
export type Ed25519phVerifier = (key: KeyObject, bytes: Uint8Array, signature: Uint8Array) => boolean;

/** A SubjectPublicKeyInfo of Ed25519 ends in the key. https://www.rfc-editor.org/rfc/rfc8410#section-4 */
const rawKeyBytes = 32;

/**
 * The variant of Ed25519 that signs a SHA-512 instead of the bytes, which cosign writes and Node does not know. Loaded when a policy has
 * such a key: 2 MiB. https://www.rfc-editor.org/rfc/rfc8032#section-5.1
 */
export async function loadEd25519ph(): Promise<Ed25519phVerifier> {
  const { ed25519ph } = await import('@noble/curves/ed25519.js');
  return (key, bytes, signature) => {
    const raw = key.export({ format: 'der', type: 'spki' }).subarray(-rawKeyBytes);
    // Strict as the RFC, not as lenient as ZIP 215: one signature has one spelling, and keys of small order sign nothing.
    return ed25519ph.verify(signature, bytes, raw, { zip215: false });
  };
}
