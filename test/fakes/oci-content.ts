import { type Descriptor, sha256 } from 'oci-client-ts';

export interface OciContent {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const imageType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

export function blobOf(text: string, mediaType = 'application/octet-stream'): OciContent {
  const bytes = new TextEncoder().encode(text);
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.byteLength } };
}

const emptyConfig = blobOf('{}', 'application/vnd.oci.empty.v1+json');

/** An image manifest without layers; `extra` makes each another one. */
export function imageOf(extra: object = {}): OciContent {
  const body = { schemaVersion: 2, mediaType: imageType, config: emptyConfig.descriptor, layers: [] };
  return blobOf(JSON.stringify({ ...body, ...extra }), imageType);
}

export function indexOf(manifests: readonly Descriptor[], extra: object = {}): OciContent {
  return blobOf(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests, ...extra }), indexType);
}
