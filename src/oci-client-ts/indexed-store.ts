import { abortable, releaseSource } from './abortable.ts';
import { checkedContent, readAll } from './checked-content.ts';
import type { Descriptor } from './descriptor.ts';
import { parseDigest } from './digest.ts';
import { OciError } from './errors.ts';
import { listReferrers, type SubjectMemory } from './indexed-referrers.ts';
import {
  findByDigest,
  findByTag,
  type LayoutIndex,
  listTags,
  nameFor,
  withManifest,
  withName,
  withoutManifest,
  withoutName,
} from './layout-index.ts';
import { maxManifestBytes, parseManifest } from './manifest.ts';
import { isManifestType } from './media-types.ts';
import { isTag } from './name-grammar.ts';
import type {
  Fetcher,
  Operation,
  Puller,
  PushOptions,
  Renewer,
  Resolution,
  Resumer,
  Store,
  Transfer,
} from './store.ts';

/** Content by digest. Everything read is checked by the caller; everything written is checked here. */
export interface BlobShelf {
  /** Bytes, or undefined when the blob is absent. */
  size(digest: string): Promise<number | undefined>;
  /** @throws OciError `not-found`. */
  read(digest: string): AsyncIterable<Uint8Array>;
  /** Leaves intact content alone. Returning means the content is there to stay. @throws OciError `size-mismatch`, `digest-mismatch`. */
  write(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Fetches what is not there; what came of it by an earlier call is used. Absent: `write` does it. @throws OciError, as `write`. */
  pull?(descriptor: Descriptor, from: Fetcher & Resumer, options: Transfer): Promise<void>;
  /** Absence is success. */
  remove(digest: string): Promise<void>;
  /** Says that content is about to be named, so that it is not collected meanwhile. False when it is absent. */
  renew(digest: string): Promise<boolean>;
}

export interface IndexChange {
  readonly index: LayoutIndex;
  /** Runs after the index is in place, before anyone else may change it. */
  readonly after?: () => Promise<void>;
}

export interface IndexBook {
  read(): Promise<LayoutIndex>;
  /** Changes come one after the other; returning means the change is there to stay. */
  update(change: (index: LayoutIndex) => Promise<IndexChange>, signal?: AbortSignal): Promise<void>;
}

export interface StoreParts {
  readonly blobs: BlobShelf;
  readonly index: IndexBook;
  /** Absent: bare tags only. */
  readonly repository?: string | undefined;
  /** Shared by all repositories over the same blobs. */
  readonly subjects: SubjectMemory;
}

export interface TaggedPushOptions extends PushOptions {
  /** Of a manifest. */
  readonly tag?: string;
}

/** A store that can also take a tag away and leave the manifest. */
export interface UntaggingStore extends Store, Puller, Renewer {
  /** As in any store; a manifest may get its tag by the same change of the index. */
  push(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options?: TaggedPushOptions,
  ): Promise<void>;
  /** False when there was no such tag. */
  untag(tag: string, options?: Operation): Promise<boolean>;
}

/** A repository made of blobs and one index, whatever keeps them. */
export class IndexedStore implements UntaggingStore {
  readonly #blobs: BlobShelf;
  readonly #index: IndexBook;
  readonly #repository: string | undefined;
  readonly #subjects: SubjectMemory;

  constructor({ blobs, index, repository, subjects }: StoreParts) {
    this.#blobs = blobs;
    this.#index = index;
    this.#repository = repository;
    this.#subjects = subjects;
  }

  async resolve(
    reference: string,
    options: Operation & { readonly known?: { readonly digest: string } } = {},
  ): Promise<Resolution> {
    options.signal?.throwIfAborted();
    const index = await this.#index.read();
    const entry = isDigest(reference)
      ? (findByDigest(index, reference) ?? (await this.#unlisted(reference)))
      : findByTag(index, reference, this.#repository);
    if (entry === undefined)
      throw new OciError('not-found', this.#name(reference), 'no manifest of this name');
    const validator = { digest: entry.digest };
    if (options.known?.digest === entry.digest) return { kind: 'unchanged', validator };
    const content = await this.#readManifest(entry, options);
    const { mediaType, digest, size, artifactType } = entry;
    const descriptor = { mediaType, digest, size, ...(artifactType === undefined ? {} : { artifactType }) };
    return { kind: 'resolved', descriptor, content, validator };
  }

  fetch(descriptor: Descriptor, options: Operation = {}): AsyncIterable<Uint8Array> {
    return abortable(checkedContent(this.#blobs.read(descriptor.digest), descriptor), options.signal);
  }

  /** A manifest counts as there once the index lists it: only then its referrers are found. */
  async exists(descriptor: Descriptor, options: Operation = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    if ((await this.#blobs.size(descriptor.digest)) !== descriptor.size) return false;
    const isListed =
      !isManifestType(descriptor.mediaType) ||
      findByDigest(await this.#index.read(), descriptor.digest) !== undefined;
    return isListed && this.#blobs.renew(descriptor.digest);
  }

  async renew({ digest, size }: Descriptor, options: Operation = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return (await this.#blobs.size(digest)) === size && this.#blobs.renew(digest);
  }

  async push(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: TaggedPushOptions = {},
  ): Promise<void> {
    try {
      if (isManifestType(descriptor.mediaType)) await this.#pushManifest(descriptor, content, options);
      else await this.#blobs.write(descriptor, content, options.signal);
    } finally {
      releaseSource(content);
    }
  }

  async #pushManifest(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: TaggedPushOptions,
  ): Promise<void> {
    const { tag } = options;
    if (tag !== undefined) refuseOddTag(tag);
    const source = abortable(checkedContent(content, descriptor), options.signal);
    const bytes = await readAll(source, maxManifestBytes, descriptor.digest);
    const { artifactType } = parseManifest(bytes, descriptor.mediaType);
    const { mediaType, digest, size } = descriptor;
    const entry = { mediaType, digest, size, ...(artifactType === undefined ? {} : { artifactType }) };
    // Written under the index's lock, so that a deletion at the same time cannot take the bytes from under the new entry.
    await this.#index.update(async (index) => {
      await this.#blobs.write(entry, bytes, options.signal);
      const next = withManifest(index, entry);
      return { index: tag === undefined ? next : withName(next, entry, nameFor(tag, this.#repository)) };
    }, options.signal);
  }

  async pull(
    descriptor: Descriptor,
    from: Fetcher & Partial<Resumer>,
    options: Transfer = {},
  ): Promise<void> {
    if (this.#blobs.pull === undefined || !canResume(from) || isManifestType(descriptor.mediaType))
      await this.push(descriptor, from.fetch(descriptor, { ...options, lend: false }), options);
    else await this.#blobs.pull(descriptor, from, options);
  }

  async tag(descriptor: Descriptor, tag: string, options: Operation = {}): Promise<void> {
    refuseOddTag(tag);
    await this.#index.update(async (index) => {
      const listed = findByDigest(index, descriptor.digest) ?? (await this.#unlisted(descriptor.digest));
      if (listed === undefined || (await this.#blobs.size(descriptor.digest)) === undefined) {
        throw new OciError('not-found', this.#name(descriptor.digest), `no manifest to give the tag ${tag}`);
      }
      return { index: withName(index, listed, nameFor(tag, this.#repository)) };
    }, options.signal);
  }

  async untag(tag: string, options: Operation = {}): Promise<boolean> {
    let found = false;
    await this.#index.update(async (index) => {
      const entry = findByTag(index, tag, this.#repository);
      found = entry !== undefined;
      return { index: withoutName(withoutName(index, nameFor(tag, this.#repository)), tag) };
    }, options.signal);
    return found;
  }

  async *tags(options: Operation = {}): AsyncGenerator<string, void, undefined> {
    options.signal?.throwIfAborted();
    const tags = listTags(await this.#index.read(), this.#repository);
    if (tags.length === 0 && this.#repository !== undefined) {
      throw new OciError('not-found', this.#repository, 'no tag of this repository');
    }
    yield* tags;
  }

  async *referrers(
    subject: Descriptor,
    options: Operation & { readonly artifactType?: string } = {},
  ): AsyncGenerator<Descriptor, void, undefined> {
    const index = await this.#index.read();
    const read = (entry: Descriptor): Promise<Uint8Array> => this.#readManifest(entry, options);
    const fallback = (tag: string): Descriptor | undefined => findByTag(index, tag, this.#repository);
    const places = { entries: index.entries, fallback, read, subjects: this.#subjects };
    for await (const referrer of listReferrers(subject, places)) {
      if (options.artifactType === undefined || referrer.artifactType === options.artifactType)
        yield referrer;
    }
  }

  async delete(descriptor: Descriptor, options: Operation = {}): Promise<void> {
    const { digest } = descriptor;
    await this.#index.update(async (index) => {
      const next = withoutManifest(index, digest, this.#repository);
      const isHeld = findByDigest(next, digest) !== undefined;
      return isHeld ? { index: next } : { index: next, after: () => this.#blobs.remove(digest) };
    }, options.signal);
  }

  /** A manifest that no index entry names, such as the child of an index that another tool wrote. */
  async #unlisted(digest: string): Promise<Descriptor | undefined> {
    const size = await this.#blobs.size(digest);
    if (size === undefined || size > maxManifestBytes) return undefined;
    const probe = { mediaType: '', digest, size };
    const content = await readAll(checkedContent(this.#blobs.read(digest), probe), size, digest);
    try {
      const { mediaType, artifactType } = parseManifest(content);
      return { ...probe, mediaType, ...(artifactType === undefined ? {} : { artifactType }) };
    } catch {
      return undefined;
    }
  }

  async #readManifest(entry: Descriptor, options: Operation): Promise<Uint8Array> {
    if (entry.size > maxManifestBytes) {
      throw new OciError(
        'too-large',
        this.#name(entry.digest),
        `expected at most ${maxManifestBytes} bytes, got ${entry.size}`,
      );
    }
    return readAll(this.fetch(entry, options), maxManifestBytes, entry.digest);
  }

  #name(reference: string): string {
    const separator = isDigest(reference) ? '@' : ':';
    return this.#repository === undefined ? reference : `${this.#repository}${separator}${reference}`;
  }
}

function refuseOddTag(tag: string): void {
  if (isTag(tag)) return;
  const subject = `tag ${JSON.stringify(tag.slice(0, 140))}`;
  throw new OciError('invalid', subject, 'expected letters, digits, . _ -');
}

function canResume(from: Fetcher & Partial<Resumer>): from is Fetcher & Resumer {
  return from.fetchRest !== undefined;
}

/** A digest of an algorithm we compute; anything else with a colon is the name another tool gave an entry. */
function isDigest(reference: string): boolean {
  if (!/^sha(256|512):/.test(reference)) return false;
  parseDigest(reference);
  return true;
}
