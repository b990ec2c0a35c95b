import type { Descriptor } from './descriptor.ts';
import type { Manifest } from './manifest.ts';

/** How a referrers list shows a manifest. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
export function asReferrer(descriptor: Descriptor, manifest: Manifest): Descriptor {
  const artifactType =
    manifest.artifactType ?? (manifest.kind === 'image' ? manifest.config.mediaType : undefined);
  return {
    mediaType: manifest.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
}
