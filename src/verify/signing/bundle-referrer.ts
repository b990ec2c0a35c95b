import { type Descriptor, mediaTypes, sha256 } from 'oci-client-ts';
import { ociAnnotations } from '../../api/index.ts';
import { rfc3339 } from '../../core/index.ts';
import { bundleMediaType } from '../evidence/bundle-version.ts';

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

export interface BundleReferrerRequest {
  /** The manifest that is signed. */
  readonly subject: Descriptor;
  /** JSON of the Sigstore bundle. */
  readonly bundle: string;
  readonly predicateType: string;
  /** Unsigned; written to seconds. */
  readonly created: Date;
}

/**
 * The OCI 1.1 referrer that carries a Sigstore bundle, as cosign 3 writes it.
 * https://github.com/sigstore/cosign/blob/v3.0.0/specs/BUNDLE_SPEC.md
 */
export function bundleReferrer(request: BundleReferrerRequest): SignatureContents {
  const layer = named(bundleMediaType, request.bundle);
  const empty = named(mediaTypes.ociEmpty, '{}');
  const config = { ...empty, descriptor: { ...empty.descriptor, artifactType: bundleMediaType } };
  return { config, layer, manifest: referrer(request, config.descriptor, layer.descriptor) };
}

function referrer(
  { subject: { mediaType, digest, size }, predicateType, created }: BundleReferrerRequest,
  config: Descriptor,
  layer: Descriptor,
): NamedContent {
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': predicateType,
    [ociAnnotations.created]: rfc3339(created.getTime()),
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
