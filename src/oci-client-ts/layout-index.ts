import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import { mediaTypes } from './media-types.ts';
import { isRepositoryName, isTag } from './name-grammar.ts';
import { isJsonObject, parseAnnotations, parseDescriptor } from './parse-descriptor.ts';

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys */
const refName = 'org.opencontainers.image.ref.name';

/**
 * What index.json of an image layout lists. Tag `v1` of repository `a/b` is an entry named `a/b:v1`; a name without repository counts
 * in every repository; an entry without name keeps a manifest that was pushed by digest. Never changed in place.
 */
export interface LayoutIndex {
  readonly entries: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export const emptyLayoutIndex: LayoutIndex = { entries: [] };

/** @throws OciError `invalid` when the bytes are no index or one entry is no descriptor: half an index is none. */
export function parseLayoutIndex(content: Uint8Array, subject: string): LayoutIndex {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new OciError('invalid', subject, `expected JSON, got ${content.byteLength} other bytes`, { cause });
  }
  if (!isJsonObject(document) || document.schemaVersion !== 2) {
    throw new OciError('invalid', subject, 'expected an object with schemaVersion 2');
  }
  const manifests = document.manifests ?? [];
  if (!Array.isArray(manifests)) throw new OciError('invalid', subject, 'manifests: expected a list');
  return {
    entries: manifests.map((entry, at) => parseDescriptor(entry, { subject, path: `manifests[${at}]` })),
    ...parseAnnotations(document.annotations, { subject, path: 'index' }),
  };
}

export function serializeLayoutIndex(index: LayoutIndex): Uint8Array {
  const { entries, ...rest } = index;
  return new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: entries, ...rest }),
  );
}

function nameOf(entry: Descriptor): string | undefined {
  return entry.annotations?.[refName];
}

/** True when the entry bears a name, whoever gave it. */
export function isNamed(entry: Descriptor): boolean {
  return nameOf(entry) !== undefined;
}

/** The tag an entry bears in a repository: its own there, or a bare one. */
function tagOf(entry: Descriptor, repository: string | undefined): string | undefined {
  const name = nameOf(entry);
  if (name === undefined) return undefined;
  if (isTag(name)) return name;
  const prefix = `${repository}:`;
  const tag = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return repository !== undefined && isTag(tag) ? tag : undefined;
}

export function nameFor(tag: string, repository: string | undefined): string {
  return repository === undefined ? tag : `${repository}:${tag}`;
}

/** Entries by name and by digest, the first of each. */
interface Lookup {
  readonly names: ReadonlyMap<string, Descriptor>;
  readonly digests: ReadonlyMap<string, Descriptor>;
}

/** An index is asked thousands of times before it is replaced: whoever has 1,000 sources would else look at a million entries for each round. */
const lookups = new WeakMap<LayoutIndex, Lookup>();

function lookupOf(index: LayoutIndex): Lookup {
  const known = lookups.get(index);
  if (known !== undefined) return known;
  const names = new Map<string, Descriptor>();
  const digests = new Map<string, Descriptor>();
  for (const entry of index.entries) {
    const name = nameOf(entry);
    if (name !== undefined && !names.has(name)) names.set(name, entry);
    if (!digests.has(entry.digest)) digests.set(entry.digest, entry);
  }
  const lookup = { names, digests };
  lookups.set(index, lookup);
  return lookup;
}

/** A repository's own tag comes before a bare one; of several entries with one name the first counts. */
export function findByTag(
  index: LayoutIndex,
  tag: string,
  repository: string | undefined,
): Descriptor | undefined {
  const { names } = lookupOf(index);
  return names.get(nameFor(tag, repository)) ?? (isTag(tag) ? names.get(tag) : undefined);
}

export function findByDigest(index: LayoutIndex, digest: string): Descriptor | undefined {
  return lookupOf(index).digests.get(digest);
}

/** Sorted, each once. */
export function listTags(index: LayoutIndex, repository: string | undefined): string[] {
  const tags = index.entries.map((entry) => tagOf(entry, repository));
  return [...new Set(tags.filter((tag) => tag !== undefined))].sort();
}

/** Names of entries, in their order. */
export function listNames({ entries }: LayoutIndex): string[] {
  return entries.map(nameOf).filter((name) => name !== undefined);
}

/** Repositories that have a tag of their own, sorted. */
export function listRepositories(index: LayoutIndex): string[] {
  const names = index.entries.map((entry) => {
    const name = nameOf(entry) ?? '';
    const end = name.lastIndexOf(':');
    return isTag(name.slice(end + 1)) ? name.slice(0, Math.max(end, 0)) : '';
  });
  return [...new Set(names.filter(isRepositoryName))].sort();
}

/** Keeps a manifest findable without a name; what the index has already stays as it is. */
export function withManifest(index: LayoutIndex, manifest: Descriptor): LayoutIndex {
  if (index.entries.some(({ digest }) => digest === manifest.digest)) return index;
  return { ...index, entries: [...index.entries, unnamed(manifest)] };
}

/** Moves a name to a manifest; a manifest that loses its last name by this stays in the index without one. */
export function withName(index: LayoutIndex, manifest: Descriptor, name: string): LayoutIndex {
  const held = index.entries.find((entry) => nameOf(entry) === name);
  if (held?.digest === manifest.digest) return index;
  const isReplaced = (entry: Descriptor): boolean =>
    nameOf(entry) === name || (entry.digest === manifest.digest && nameOf(entry) === undefined);
  const entry = { ...unnamed(manifest), annotations: { [refName]: name } };
  const next = { ...index, entries: [...index.entries.filter((old) => !isReplaced(old)), entry] };
  return held === undefined ? next : withManifest(next, held);
}

/** Takes a name away; the manifest stays in the index. */
export function withoutName(index: LayoutIndex, name: string): LayoutIndex {
  const held = index.entries.find((entry) => nameOf(entry) === name);
  if (held === undefined) return index;
  const next = { ...index, entries: index.entries.filter((entry) => nameOf(entry) !== name) };
  return withManifest(next, held);
}

/** Removes a manifest and all tags this repository shows for it; names that other repositories gave it stay. */
export function withoutManifest(
  index: LayoutIndex,
  digest: string,
  repository: string | undefined,
): LayoutIndex {
  const goes = (entry: Descriptor): boolean =>
    entry.digest === digest && (nameOf(entry) === undefined || tagOf(entry, repository) !== undefined);
  return { ...index, entries: index.entries.filter((entry) => !goes(entry)) };
}

function unnamed({ mediaType, digest, size, artifactType, platform }: Descriptor): Descriptor {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(platform === undefined ? {} : { platform }),
  };
}
