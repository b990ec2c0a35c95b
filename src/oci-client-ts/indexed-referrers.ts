import { asReferrer } from './as-referrer.ts';
import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import { fallbackTag } from './fallback-tag.ts';
import { parseManifest } from './manifest.ts';
import { isIndexType, isManifestType } from './media-types.ts';

export interface ReferrerPlaces {
  readonly entries: readonly Descriptor[];
  /** The manifest that bears a tag. */
  readonly fallback: (tag: string) => Descriptor | undefined;
  readonly read: (entry: Descriptor) => Promise<Uint8Array>;
  readonly subjects: SubjectMemory;
}

/** What digests are known to have as subject, `undefined` for none. Content never changes under a digest, so neither does this. */
export type SubjectMemory = Map<string, string | undefined>;

/** Digests remembered: about 2 MB; a layout with more pays with reads, not with memory. */
const maxSubjects = 10_000;

/**
 * Manifests of the index whose subject is this digest, then those the fallback tag lists, each once. Content that cannot be read is an
 * error, except that an index may list what is not there.
 */
export async function* listReferrers(
  subject: Descriptor,
  places: ReferrerPlaces,
): AsyncGenerator<Descriptor, void, undefined> {
  const seen = new Set<string>([subject.digest]);
  const fresh = (entry: Descriptor): boolean =>
    !seen.has(entry.digest) && seen.add(entry.digest) !== undefined;
  // Most entries of a large layout are known to refer to something else.
  for (const entry of places.entries.filter((one) => mayRefer(one, subject, places)).filter(fresh)) {
    const found = await readReferrer(entry, subject, places);
    if (found.kind === 'referrer') yield found.descriptor;
  }
  const listed = await fallbackEntries(subject, places);
  for (const entry of listed.filter(fresh)) {
    const found = await readReferrer(entry, subject, places).catch(misdescribed);
    // Listed but not stored, or not as it is listed: hidden from the reader it would look as if nobody had ever signed.
    if (found.kind !== 'other') yield found.kind === 'referrer' ? found.descriptor : entry;
  }
}

type Finding =
  | { readonly kind: 'referrer'; readonly descriptor: Descriptor }
  | { readonly kind: 'other' | 'absent' };

function mayRefer(
  { digest, mediaType }: Descriptor,
  subject: Descriptor,
  { subjects }: ReferrerPlaces,
): boolean {
  if (!isManifestType(mediaType)) return false;
  return !subjects.has(digest) || subjects.get(digest) === subject.digest;
}

async function readReferrer(
  entry: Descriptor,
  subject: Descriptor,
  places: ReferrerPlaces,
): Promise<Finding> {
  const { subjects } = places;
  if (!mayRefer(entry, subject, places)) return { kind: 'other' };
  try {
    const manifest = parseManifest(await places.read(entry), entry.mediaType);
    if (subjects.size >= maxSubjects) subjects.clear();
    subjects.set(entry.digest, manifest.subject?.digest);
    if (manifest.subject?.digest !== subject.digest) return { kind: 'other' };
    return { kind: 'referrer', descriptor: asReferrer(entry, manifest) };
  } catch (error) {
    return findingOf(error);
  }
}

function findingOf(error: unknown): Finding {
  if (error instanceof OciError && error.code === 'not-found') return { kind: 'absent' };
  if (error instanceof OciError && (error.code === 'invalid' || error.code === 'unsupported'))
    return { kind: 'other' };
  throw error;
}

/** What a list says of the size is its writer's word; the content may be whole. */
function misdescribed(error: unknown): Finding {
  if (error instanceof OciError && error.code === 'size-mismatch') return { kind: 'absent' };
  throw error;
}

/** Some registries answer the fallback tag with the subject itself: that is no list. */
async function fallbackEntries(subject: Descriptor, places: ReferrerPlaces): Promise<readonly Descriptor[]> {
  const list = places.fallback(fallbackTag(subject.digest));
  if (list === undefined || list.digest === subject.digest || !isIndexType(list.mediaType)) return [];
  const manifest = parseManifest(await places.read(list), list.mediaType);
  return manifest.kind === 'index' ? manifest.manifests : [];
}
