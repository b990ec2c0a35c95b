import { bundleMediaType } from '../evidence/bundle-version.ts';
import { inTotoPayloadType, preAuthEncoding } from '../evidence/dsse.ts';
import type { PublicKey } from '../proof/public-key.ts';
import { type PrivateKey, signBytes } from './private-key.ts';

/** Who signed, as the signer knows it: for messages. */
export type SignedBy =
  | { readonly kind: 'key'; readonly keyId: string }
  | { readonly kind: 'keyless'; readonly issuer: string; readonly subject: string };

export interface SignedBundle {
  /** JSON of a Sigstore bundle v0.3. */
  readonly bundle: string;
  readonly signedBy: SignedBy;
  /** Log entries and timestamps in it. */
  readonly logEntries: number;
  readonly timestamps: number;
}

/** Signs statements. */
export interface BundleSigner {
  /** Present when a signature rests on this key alone: a second one by it over the same statement adds nothing. */
  readonly key?: PublicKey;
  /** Signs an in-toto statement in a DSSE envelope. What it throws are SealiftErrors. */
  sign(payload: Uint8Array): Promise<SignedBundle>;
}

/** Signs with a key and asks nobody: no log entry, no timestamp. */
export function keySigner(privateKey: PrivateKey): BundleSigner {
  return {
    key: privateKey.publicKey,
    sign: async (payload) => ({
      bundle: keyBundle(privateKey, payload),
      signedBy: { kind: 'key', keyId: privateKey.publicKey.id },
      logEntries: 0,
      timestamps: 0,
    }),
  };
}

/** How cosign names a key in a bundle: the base64 of its SHA-256. */
export function keyHint({ publicKey }: PrivateKey): string {
  const [, id = ''] = publicKey.id.split(':');
  return Buffer.from(id, 'hex').toString('base64');
}

/** A bundle as cosign 3 writes it with a key: https://github.com/sigstore/cosign/blob/v3.0.0/specs/BUNDLE_SPEC.md */
function keyBundle(privateKey: PrivateKey, payload: Uint8Array): string {
  const signature = signBytes(privateKey, preAuthEncoding(inTotoPayloadType, payload));
  return JSON.stringify({
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: keyHint(privateKey) } },
    dsseEnvelope: {
      payload: Buffer.from(payload).toString('base64'),
      payloadType: inTotoPayloadType,
      signatures: [{ sig: Buffer.from(signature).toString('base64') }],
    },
  });
}
