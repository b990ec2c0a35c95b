import type { Descriptor } from 'oci-client-ts';
import { bundleReferrer, type SignatureContents } from './bundle-referrer.ts';
import { keyBundle } from './bundle-signer.ts';
import type { PrivateKey } from './private-key.ts';
import { signatureStatement } from './signed-statement.ts';

export interface SignRequest {
  /** The manifest that is signed. */
  readonly manifest: Descriptor;
  readonly privateKey: PrivateKey;
  /** Signed with it, as `cosign sign -a` does. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Unsigned; written to seconds. */
  readonly created: Date;
}

/** Signs a manifest as cosign 3 does with a key: an in-toto statement in a DSSE envelope in a Sigstore bundle v0.3, carried by a referrer. */
export function signManifest({
  manifest,
  privateKey,
  annotations = {},
  created,
}: SignRequest): SignatureContents {
  const { payload, predicateType } = signatureStatement(manifest.digest, annotations);
  return bundleReferrer({
    subject: manifest,
    bundle: keyBundle(privateKey, payload),
    predicateType,
    created,
  });
}
