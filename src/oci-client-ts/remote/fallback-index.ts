import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import { maxManifestBytes } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';

/** The index with the entry, its other content kept to the letter; nothing when the entry is in it already. @throws OciError `too-large`. */
export function withEntry(index: Uint8Array | undefined, entry: Descriptor): Uint8Array | undefined {
  const document = read(index);
  const entries = listOf(document);
  if (entries.some((listed) => digestOf(listed) === entry.digest)) return undefined;
  return write({ ...document, manifests: [...entries, entry] });
}

/** The index without the entry; nothing when it is not in it. */
export function withoutEntry(index: Uint8Array, digest: string): Uint8Array | undefined {
  const document = read(index);
  const entries = listOf(document);
  const rest = entries.filter((listed) => digestOf(listed) !== digest);
  return rest.length === entries.length ? undefined : write({ ...document, manifests: rest });
}

type Document = Readonly<Record<string, unknown>>;

/** The bytes were parsed as an index before. */
function read(index: Uint8Array | undefined): Document {
  if (index === undefined) return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] };
  return JSON.parse(new TextDecoder().decode(index)) as Document;
}

function listOf(document: Document): readonly unknown[] {
  return Array.isArray(document.manifests) ? document.manifests : [];
}

function digestOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'digest' in entry ? entry.digest : undefined;
}

function write(document: Document): Uint8Array {
  const content = new TextEncoder().encode(JSON.stringify(document));
  if (content.byteLength > maxManifestBytes) {
    throw new OciError(
      'too-large',
      'referrers index',
      `expected at most ${maxManifestBytes} bytes, got ${content.byteLength}`,
    );
  }
  return content;
}
