/** Media types this package knows by name. Every other type is carried along untouched. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  octetStream: 'application/octet-stream',
} as const;

const imageTypes: ReadonlySet<string> = new Set([mediaTypes.ociManifest, mediaTypes.dockerManifest]);
const indexTypes: ReadonlySet<string> = new Set([mediaTypes.ociIndex, mediaTypes.dockerManifestList]);

/** A manifest that names a config and layers. */
export function isImageType(mediaType: string): boolean {
  return imageTypes.has(mediaType);
}

/** A manifest that names other manifests. */
export function isIndexType(mediaType: string): boolean {
  return indexTypes.has(mediaType);
}

/** True when content of this type is pushed and fetched as a manifest, false when as a blob. */
export function isManifestType(mediaType: string): boolean {
  return isImageType(mediaType) || isIndexType(mediaType);
}

/** Layers whose content a registry need not have. https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers */
export function isNondistributable(mediaType: string): boolean {
  return mediaType.includes('.nondistributable.') || mediaType.includes('.foreign.');
}
