import { type Descriptor, type ImageManifest, parseManifest } from 'oci-client-ts';
import { bundleMediaType, bundleVersions } from './bundle-version.ts';
import { quoted, Refused } from './refused.ts';

/** Of a manifest that holds evidence: it names a handful of layers; cosign's grow with every signature. Smaller than the cap on manifests in general. */
export const maxManifestBytes: number = 1024 * 1024;

/** A manifest that holds signatures as layers. @throws Refused SIGNATURE_MALFORMED, and what `parseManifest` throws. */
export function readSignatureManifest(content: Uint8Array, mediaType: string): ImageManifest {
  const manifest = parseManifest(content, mediaType);
  if (manifest.kind !== 'image') {
    throw new Refused('SIGNATURE_MALFORMED', 'expected a manifest with layers, got an index');
  }
  return manifest;
}

/** What a referrer is: older writers leave `artifactType` to the config. */
export function artifactTypeOf({ artifactType, config }: ImageManifest): string {
  return artifactType ?? config.mediaType;
}

/**
 * A listing may name anything; only the referrer's own subject says what it belongs to, and all three fields have to.
 * @throws Refused SIGNATURE_WRONG_DIGEST, SIGNATURE_MALFORMED.
 */
export function refuseOtherSubject({ subject: found }: ImageManifest, expected: Descriptor): void {
  if (found === undefined)
    throw new Refused('SIGNATURE_MALFORMED', `expected subject ${expected.digest}, got none`);
  if (found.digest !== expected.digest) {
    throw new Refused(
      'SIGNATURE_WRONG_DIGEST',
      `expected subject ${expected.digest}, got ${quoted(found.digest)}`,
    );
  }
  if (found.size !== expected.size || found.mediaType !== expected.mediaType) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `expected a subject of ${expected.size} bytes and type ${expected.mediaType}, got ${found.size} and ${quoted(found.mediaType)}`,
    );
  }
}

/** The one layer of a referrer that carries a bundle. @throws Refused SIGNATURE_MALFORMED. */
export function bundleLayer({ layers }: ImageManifest): Descriptor {
  const [layer, ...others] = layers;
  if (layer === undefined || others.length > 0) {
    throw new Refused('SIGNATURE_MALFORMED', `expected one layer, got ${layers.length}`);
  }
  if (!bundleVersions.has(layer.mediaType)) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `expected a layer of ${bundleMediaType}, got ${quoted(layer.mediaType)}`,
    );
  }
  return layer;
}
