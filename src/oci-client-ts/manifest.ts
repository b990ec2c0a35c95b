import type { Descriptor } from './descriptor.ts';
import { sha256 } from './digest.ts';
import { OciError } from './errors.ts';
import { isImageType, isIndexType, isManifestType, mediaTypes } from './media-types.ts';
import {
  isJsonObject,
  type JsonObject,
  parseAnnotations,
  parseDescriptor,
  parseText,
} from './parse-descriptor.ts';

/**
 * Bytes of one manifest: what registries are expected to take at least, and what zot takes at most.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 */
export const maxManifestBytes = 4 * 1024 * 1024;

interface ManifestCommon {
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageManifest extends ManifestCommon {
  readonly kind: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface IndexManifest extends ManifestCommon {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

export type Manifest = ImageManifest | IndexManifest;

/**
 * Reads an OCI or Docker (schema 2) manifest or index. `mediaType` is what the transport said it is; the body must agree. Unknown fields
 * are tolerated and left out. A document that could be read as both kinds is refused (CVE-2021-41190).
 * @throws OciError `too-large`, `invalid`, `unsupported`.
 */
export function parseManifest(content: Uint8Array, mediaType?: string): Manifest {
  if (content.byteLength > maxManifestBytes) {
    throw new OciError(
      'too-large',
      'manifest',
      `expected at most ${maxManifestBytes} bytes, got ${content.byteLength}`,
    );
  }
  const subject = `manifest ${sha256(content)}`;
  const document = parseDocument(content, subject);
  const kind = documentKind(document, subject);
  const agreed = agreedMediaType(document, { mediaType, subject }) ?? defaultTypes[kind];
  checkKind(kind, agreed, subject);
  return kind === 'image' ? parseImage(document, agreed, subject) : parseIndex(document, agreed, subject);
}

function checkKind(kind: Manifest['kind'], mediaType: string, subject: string): void {
  if (kind === 'image' ? isImageType(mediaType) : isIndexType(mediaType)) return;
  const named = mediaType.slice(0, 120);
  if (isManifestType(mediaType)) {
    throw new OciError('invalid', subject, `expected the fields of ${named}, got those of an ${kind}`);
  }
  throw new OciError('unsupported', subject, `expected an OCI or Docker manifest type, got ${named}`);
}

const defaultTypes = { image: mediaTypes.ociManifest, index: mediaTypes.ociIndex } as const;

function parseDocument(content: Uint8Array, subject: string): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content));
  } catch (cause) {
    throw new OciError('invalid', subject, `expected JSON in UTF-8, got ${content.byteLength} other bytes`, {
      cause,
    });
  }
  if (!isJsonObject(document)) throw new OciError('invalid', subject, 'expected a JSON object');
  if (document.schemaVersion === 1) {
    throw new OciError('unsupported', subject, 'expected schemaVersion 2, got 1 (Docker schema 1)');
  }
  if (document.schemaVersion !== 2) {
    const found = JSON.stringify(document.schemaVersion)?.slice(0, 40) ?? 'none';
    throw new OciError('invalid', subject, `expected schemaVersion 2, got ${found}`);
  }
  return document;
}

function documentKind(document: JsonObject, subject: string): Manifest['kind'] {
  const asImage = 'config' in document || 'layers' in document;
  const asIndex = 'manifests' in document;
  if (asImage && asIndex) {
    throw new OciError('invalid', subject, 'expected either manifests or config and layers, got both');
  }
  if (!asImage && !asIndex) {
    throw new OciError('invalid', subject, 'expected manifests, or config and layers, got neither');
  }
  return asImage ? 'image' : 'index';
}

function agreedMediaType(
  document: JsonObject,
  { mediaType, subject }: { readonly mediaType: string | undefined; readonly subject: string },
): string | undefined {
  const inside = parseText('mediaType', document, { subject, path: 'manifest' }).mediaType;
  if (inside !== undefined && mediaType !== undefined && inside !== mediaType) {
    throw new OciError(
      'invalid',
      subject,
      `expected media type ${mediaType.slice(0, 120)}, got ${inside.slice(0, 120)} inside`,
    );
  }
  return inside ?? mediaType;
}

function parseCommon(document: JsonObject, mediaType: string, subject: string): ManifestCommon {
  const place = { subject, path: 'manifest' };
  const about = document.subject;
  return {
    mediaType,
    ...parseText('artifactType', document, place),
    ...(about === undefined || about === null
      ? {}
      : { subject: parseDescriptor(about, { subject, path: 'subject' }) }),
    ...parseAnnotations(document.annotations, place),
  };
}

function parseImage(document: JsonObject, mediaType: string, subject: string): ImageManifest {
  return {
    kind: 'image',
    ...parseCommon(document, mediaType, subject),
    config: parseDescriptor(document.config, { subject, path: 'config' }),
    layers: parseList(document.layers, { subject, path: 'layers' }),
  };
}

function parseIndex(document: JsonObject, mediaType: string, subject: string): IndexManifest {
  return {
    kind: 'index',
    ...parseCommon(document, mediaType, subject),
    manifests: parseList(document.manifests, { subject, path: 'manifests' }),
  };
}

/** The key must be there; null is how Go writes an empty list. */
function parseList(value: unknown, place: { readonly subject: string; readonly path: string }): Descriptor[] {
  if (value === null) return [];
  if (!Array.isArray(value)) {
    throw new OciError('invalid', place.subject, `${place.path}: expected a list of descriptors`);
  }
  return value.map((entry, at) => parseDescriptor(entry, { ...place, path: `${place.path}[${at}]` }));
}
