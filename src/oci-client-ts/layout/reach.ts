import { checkedContent, readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import { isNamed, type LayoutIndex } from '../layout-index.ts';
import { maxManifestBytes } from '../manifest.ts';
import { isManifestLike, linksOf, type ManifestLink, type ManifestLinks } from '../manifest-links.ts';
import { isManifestType } from '../media-types.ts';
import type { BlobFiles } from './blob-files.ts';

/** What must not go, besides what bears a name. */
export interface Roots {
  /** Entries without a name count as well. */
  readonly untagged: 'keep' | 'remove';
  readonly pinned: ReadonlySet<string>;
  /** True for an entry that somebody may be about to name. */
  readonly isYoung: (entry: Descriptor) => Promise<boolean>;
}

export interface Reached {
  readonly digests: ReadonlySet<string>;
  /** Nameless entries kept for their youth alone. */
  readonly young: number;
}

type Finding = ManifestLinks | 'rotten';

const nothing: ManifestLinks = { links: [] };

/** Follows manifests from an index to all they name. Remembers what it read: content never changes under its digest. */
export class ReachFinder {
  readonly #blobs: BlobFiles;
  readonly #roots: Roots;
  readonly #known = new Map<string, Finding>();

  constructor(blobs: BlobFiles, roots: Roots) {
    this.#blobs = blobs;
    this.#roots = roots;
  }

  /** @throws OciError when a manifest that counts cannot be read whole: what it names is then unknown. */
  async find(index: LayoutIndex, signal?: AbortSignal): Promise<Reached> {
    const { untagged, pinned } = this.#roots;
    if (untagged === 'keep') return { digests: await this.#closure(index.entries, signal), young: 0 };
    const isRoot = (entry: Descriptor): boolean => isNamed(entry) || pinned.has(entry.digest);
    const lasting = index.entries.filter(isRoot);
    const referrers = await this.#referrers(index.entries, signal);
    const kept = await this.#closure(lasting, signal, referrers);
    const rest = index.entries.filter(({ digest }) => !kept.has(digest));
    const young: Descriptor[] = [];
    for (const entry of rest) if (await this.#roots.isYoung(entry)) young.push(entry);
    if (young.length === 0) return { digests: kept, young: 0 };
    return { digests: await this.#closure([...lasting, ...young], signal, referrers), young: young.length };
  }

  /** Entries by the digest they refer to. */
  async #referrers(
    entries: readonly Descriptor[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, readonly Descriptor[]>> {
    const bySubject = new Map<string, Descriptor[]>();
    for (const entry of entries) {
      signal?.throwIfAborted();
      if (!isManifestLike(entry.mediaType)) continue;
      const links = await this.#links(entry.digest);
      if (links === 'rotten' || links.subject === undefined) continue;
      const others = bySubject.get(links.subject);
      if (others === undefined) bySubject.set(links.subject, [entry]);
      else others.push(entry);
    }
    return bySubject;
  }

  async #closure(
    roots: readonly Descriptor[],
    signal: AbortSignal | undefined,
    referrers: ReadonlyMap<string, readonly Descriptor[]> = new Map(),
  ): Promise<ReadonlySet<string>> {
    const reached = new Set<string>(this.#roots.pinned);
    const followed = new Set<string>();
    const left: ManifestLink[] = [...roots];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      signal?.throwIfAborted();
      reached.add(next.digest);
      if (!isManifestLike(next.mediaType)) continue;
      const links = await this.#linksFrom(next);
      if (followed.has(next.digest)) continue;
      followed.add(next.digest);
      for (const link of links) left.push(link);
      for (const referrer of referrers.get(next.digest) ?? []) left.push(referrer);
    }
    return reached;
  }

  /** A layer that is only named like a manifest may be as large as it likes, and names nothing. */
  async #linksFrom({ digest, mediaType }: ManifestLink): Promise<readonly ManifestLink[]> {
    const found = await this.#links(digest);
    if (found !== 'rotten') return found.links;
    if (!isManifestType(mediaType)) return [];
    throw new OciError(
      'digest-mismatch',
      digest,
      `expected a manifest of this digest of at most ${maxManifestBytes} bytes, got other content; nothing is collected, since what it names is unknown`,
    );
  }

  async #links(digest: string): Promise<Finding> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const found = await this.#read(digest);
    // An absent one may come.
    if (found !== undefined) this.#known.set(digest, found);
    return found ?? nothing;
  }

  async #read(digest: string): Promise<Finding | undefined> {
    const size = await this.#blobs.size(digest);
    if (size === undefined) return undefined;
    if (size > maxManifestBytes) return 'rotten';
    try {
      const content = checkedContent(this.#blobs.read(digest), { mediaType: '', digest, size });
      return linksOf(await readAll(content, maxManifestBytes, digest));
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      return error.code === 'not-found' ? undefined : 'rotten';
    }
  }
}
