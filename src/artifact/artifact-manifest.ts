import { type Descriptor, mediaTypes, sha256 } from 'oci-client-ts';
import { fluxMediaTypes, ociAnnotations } from '../api/index.ts';

/** What a publisher says of the tree it packed. */
export interface ArtifactOrigin {
  /** Where the tree comes from: a URL. */
  readonly source: string;
  /** Revision there, as `main@sha1:…`. */
  readonly revision: string;
  /** RFC 3339. The same for the same tree makes the same digest. */
  readonly created: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Content with the descriptor that names it. */
interface NamedContent {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
}

interface ArtifactManifest {
  readonly config: NamedContent;
  readonly manifest: NamedContent;
}

function named(mediaType: string, content: Uint8Array): NamedContent {
  return { descriptor: { mediaType, digest: sha256(content), size: content.length }, content };
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The config of an artifact: an image config that says nothing but when it was made, as `flux push artifact` writes it. */
function configOf(created: string): NamedContent {
  const config = { created, architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] } };
  return named(fluxMediaTypes.config, encode(config));
}

/** The layer of a packed tree. */
export function layerOf(content: Uint8Array): NamedContent {
  return named(fluxMediaTypes.content, content);
}

/**
 * The manifest of an artifact in Flux's form: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md with the media types and
 * annotations of Flux. The annotations of the origin win over free ones of the same name.
 */
export function artifactManifest(layer: Descriptor, origin: ArtifactOrigin): ArtifactManifest {
  const { source, revision, created, annotations } = origin;
  const config = configOf(created);
  const origins = {
    [ociAnnotations.created]: created,
    [ociAnnotations.revision]: revision,
    [ociAnnotations.source]: source,
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [layer],
    annotations: { ...annotations, ...origins },
  };
  return { config, manifest: named(mediaTypes.ociManifest, encode(manifest)) };
}
