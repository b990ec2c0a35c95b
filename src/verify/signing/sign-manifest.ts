import { type Descriptor, mediaTypes, parseDigest, sha256 } from 'oci-client-ts';
import { ociAnnotations } from '../../api/index.ts';
import { inTotoPayloadType, preAuthEncoding } from '../evidence/dsse.ts';
import { signPredicateType, statementType } from '../evidence/signature-statement.ts';
import { bundleMediaType } from '../evidence/sigstore-bundle.ts';
import { type PrivateKey, signBytes } from './private-key.ts';

export interface SignRequest {
  /** The manifest that is signed. */
  readonly manifest: Descriptor;
  readonly privateKey: PrivateKey;
  /** Signed with it, as `cosign sign -a` does. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Unsigned; written to seconds. */
  readonly created: Date;
}

/** Content with the descriptor that names it. */
export interface NamedContent {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
}

/** In the order in which they are pushed. */
export interface SignatureContents {
  readonly config: NamedContent;
  /** The Sigstore bundle. */
  readonly layer: NamedContent;
  /** The referrer whose subject is the signed manifest. */
  readonly manifest: NamedContent;
}

/**
 * Signs a manifest as cosign 3 does with a key: an in-toto statement in a DSSE envelope in a Sigstore bundle v0.3, carried by an OCI 1.1
 * referrer. https://github.com/sigstore/cosign/blob/v3.0.0/specs/BUNDLE_SPEC.md
 */
export function signManifest(request: SignRequest): SignatureContents {
  const layer = named(bundleMediaType, bundleOf(request));
  const empty = named(mediaTypes.ociEmpty, '{}');
  const config = { ...empty, descriptor: { ...empty.descriptor, artifactType: bundleMediaType } };
  return { config, layer, manifest: referrer(request, config.descriptor, layer.descriptor) };
}

function bundleOf({ manifest, privateKey, annotations = {} }: SignRequest): string {
  const { algorithm, encoded } = parseDigest(manifest.digest);
  const statement = {
    _type: statementType,
    subject: [{ digest: { [algorithm]: encoded }, annotations }],
    predicateType: signPredicateType,
    predicate: {},
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = signBytes(privateKey, preAuthEncoding(inTotoPayloadType, payload));
  const [, keyId = ''] = privateKey.publicKey.id.split(':');
  return JSON.stringify({
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: Buffer.from(keyId, 'hex').toString('base64') } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: inTotoPayloadType,
      signatures: [{ sig: Buffer.from(signature).toString('base64') }],
    },
  });
}

function referrer({ manifest, created }: SignRequest, config: Descriptor, layer: Descriptor): NamedContent {
  const { mediaType, digest, size } = manifest;
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': signPredicateType,
    [ociAnnotations.created]: `${created.toISOString().slice(0, 19)}Z`,
  };
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: [layer],
    annotations,
    subject: { mediaType, size, digest },
    artifactType: bundleMediaType,
  };
  const { descriptor, content } = named(mediaTypes.ociManifest, JSON.stringify(document));
  return { descriptor: { ...descriptor, artifactType: bundleMediaType, annotations }, content };
}

function named(mediaType: string, text: string): NamedContent {
  const content = Buffer.from(text);
  return { descriptor: { mediaType, digest: sha256(content), size: content.byteLength }, content };
}
