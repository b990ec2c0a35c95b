import { readAll } from './checked-content.ts';
import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { type Manifest, maxManifestBytes, parseManifest } from './manifest.ts';
import { isManifestType, isNondistributable } from './media-types.ts';
import { isTag } from './name-grammar.ts';
import type { Operation, ReadStore, Store } from './store.ts';

export interface CopyOptions extends Operation {
  /** Carries along what refers to the copied manifests: signatures, attestations, and what refers to those. Default false. */
  readonly referrers?: boolean;
  /** The tag at the destination. Default: the reference when it is a tag, else none. */
  readonly tag?: string;
}

export interface CopyResult {
  readonly descriptor: Descriptor;
  /** Manifests and blobs transferred. */
  readonly pushed: number;
  /** Manifests and blobs that were there already. */
  readonly skipped: number;
  /** Bytes transferred. */
  readonly bytes: number;
  /** Listed as referrers by the source, which does not have them. */
  readonly dangling: readonly Descriptor[];
}

/** An image index of an image index is already rare. */
const maxDepth = 8;
/** A signature of a report of an image is two steps away. */
const maxReferrerDepth = 4;
/** Everything one reference may lead to; each costs a request at least. */
const maxManifests = 10_000;
const maxReferrers = 1_000;
/** Blobs of one manifest on their way at the same time. */
const parallelBlobs = 3;

interface Node {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
}

interface Visited {
  readonly descriptor: Descriptor;
  /** Steps of `subject` from the copied graph. */
  readonly distance: number;
}

/**
 * Copies what a reference names, whole: blobs first, then manifests from the leaves up, then the referrers, then the tag. What the
 * destination has is skipped, so a copy that was cut off goes on where it stopped.
 * @throws OciError of either store; `too-large` when the graph exceeds the limits.
 */
export async function copy(
  from: ReadStore,
  to: Store,
  reference: string,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const resolution = await from.resolve(reference, options);
  if (resolution.kind === 'unchanged')
    throw new OciError('protocol', reference, 'unchanged, though nothing was known');
  const graph = new GraphCopy(from, to, options.signal);
  await graph.copyManifest(resolution, { depth: 0, distance: 0 });
  if (options.referrers) await graph.copyReferrers();
  const tag = options.tag ?? (isTag(reference) ? reference : undefined);
  if (tag !== undefined) await to.tag(resolution.descriptor, tag, options);
  return { descriptor: resolution.descriptor, ...graph.counts() };
}

class GraphCopy {
  readonly #from: ReadStore;
  readonly #to: Store;
  readonly #operation: Operation;
  readonly #seen = new Set<string>();
  readonly #manifests: Visited[] = [];
  readonly #dangling: Descriptor[] = [];
  #pushed = 0;
  #skipped = 0;
  #bytes = 0;
  #referrers = 0;

  constructor(from: ReadStore, to: Store, signal: AbortSignal | undefined) {
    this.#from = from;
    this.#to = to;
    this.#operation = signal === undefined ? {} : { signal };
  }

  counts(): Omit<CopyResult, 'descriptor'> {
    return { pushed: this.#pushed, skipped: this.#skipped, bytes: this.#bytes, dangling: this.#dangling };
  }

  async copyManifest(
    { descriptor, content }: Node,
    at: { readonly depth: number; readonly distance: number },
  ): Promise<void> {
    this.#operation.signal?.throwIfAborted();
    if (!this.#isFresh(descriptor)) return;
    if (at.depth > maxDepth) throw tooLarge(descriptor, `at most ${maxDepth} indexes inside each other`);
    if (this.#manifests.length >= maxManifests)
      throw tooLarge(descriptor, `at most ${maxManifests} manifests`);
    const manifest = parseManifest(content, descriptor.mediaType);
    await this.#copyBlobs(blobsOf(manifest));
    for (const child of childrenOf(manifest)) {
      if (this.#seen.has(child.digest)) continue;
      await this.copyManifest(await this.#read(child), { ...at, depth: at.depth + 1 });
    }
    await this.#push(descriptor, content, this.#operation);
    this.#manifests.push({ descriptor, distance: at.distance });
  }

  /** The list grows while it is walked: referrers have referrers. */
  async copyReferrers(): Promise<void> {
    for (const visited of this.#manifests) {
      for await (const hint of this.#from.referrers(visited.descriptor, this.#operation)) {
        if (!this.#seen.has(hint.digest)) await this.#copyReferrer(hint, visited);
      }
    }
  }

  async #copyReferrer(hint: Descriptor, { descriptor, distance }: Visited): Promise<void> {
    this.#referrers += 1;
    if (this.#referrers > maxReferrers) throw tooLarge(descriptor, `at most ${maxReferrers} referrers`);
    if (distance >= maxReferrerDepth)
      throw tooLarge(descriptor, `at most ${maxReferrerDepth} steps of referrers`);
    if (!isManifestType(hint.mediaType)) return;
    const node = await this.#read(hint).catch((error: unknown) => {
      if (error instanceof OciError && error.code === 'not-found') return undefined;
      throw error;
    });
    if (node === undefined) this.#dangling.push(hint);
    else if (parseManifest(node.content, hint.mediaType).subject?.digest === descriptor.digest) {
      await this.copyManifest(node, { depth: 0, distance: distance + 1 });
    }
  }

  async #copyBlobs(blobs: readonly Descriptor[]): Promise<void> {
    const fresh = blobs.filter((blob) => this.#isFresh(blob));
    const copyOne = async (blob: Descriptor, signal: AbortSignal): Promise<void> => {
      if (isNondistributable(blob.mediaType) && !(await this.#from.exists(blob, { signal }))) return;
      await this.#push(blob, this.#from.fetch(blob, { signal }), { signal });
    };
    await inParallel(fresh, parallelBlobs, copyOne, this.#operation.signal);
  }

  async #push(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    operation: Operation,
  ): Promise<void> {
    if (await this.#to.exists(descriptor, operation)) {
      this.#skipped += 1;
      return;
    }
    await this.#to.push(descriptor, content, operation);
    this.#pushed += 1;
    this.#bytes += descriptor.size;
  }

  async #read(descriptor: Descriptor): Promise<Node> {
    const source = this.#from.fetch(descriptor, this.#operation);
    return { descriptor, content: await readAll(source, maxManifestBytes, descriptor.digest) };
  }

  #isFresh({ digest }: Descriptor): boolean {
    if (this.#seen.has(digest)) return false;
    this.#seen.add(digest);
    return true;
  }
}

/** Entries of an index that are no manifests are blobs. */
function blobsOf(manifest: Manifest): readonly Descriptor[] {
  if (manifest.kind === 'image') return [manifest.config, ...manifest.layers];
  return manifest.manifests.filter(({ mediaType }) => !isManifestType(mediaType));
}

function childrenOf(manifest: Manifest): readonly Descriptor[] {
  if (manifest.kind === 'image') return [];
  return manifest.manifests.filter(({ mediaType }) => isManifestType(mediaType));
}

function tooLarge({ digest }: Descriptor, limit: string): OciError {
  return new OciError('too-large', digest, `expected ${limit}, got more`);
}
