import { readAll } from './checked-content.ts';
import { type Copied, type CopyEvent, copyBlob } from './copy-blob.ts';
import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { type Manifest, maxManifestBytes, parseManifest } from './manifest.ts';
import { isManifestType, isNondistributable } from './media-types.ts';
import { isTag } from './name-grammar.ts';
import type { Mounter, Operation, Puller, ReadStore, Renewer, Resumer, Store } from './store.ts';

export interface CopyOptions extends Operation {
  /** Carries along what refers to the copied manifests: signatures, attestations, and what refers to those. Default false. */
  readonly referrers?: boolean;
  /** The tag at the destination. Default: the reference when it is a tag, else none. */
  readonly tag?: string;
  /** Blobs of one manifest on their way at the same time. Default 3. */
  readonly concurrency?: number;
  /** Told of each step; what it throws ends the copy. */
  readonly progress?: (event: CopyEvent) => void;
}

export interface CopyResult {
  readonly descriptor: Descriptor;
  /** Manifests and blobs transferred. */
  readonly pushed: number;
  /** Blobs that the destination took over from another repository, without their bytes. */
  readonly mounted: number;
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
const defaultConcurrency = 3;

/** What it can do beyond a store is made use of. */
type Destination = Store & Partial<Mounter & Puller & Renewer>;

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
  from: ReadStore & Partial<Resumer>,
  to: Destination,
  reference: string,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const resolution = await from.resolve(reference, operationOf(options));
  if (resolution.kind === 'unchanged')
    throw new OciError('protocol', reference, 'unchanged, though nothing was known');
  const graph = new GraphCopy(from, to, options);
  await graph.copyManifest(resolution, { depth: 0, distance: 0 });
  if (options.referrers) await graph.copyReferrers();
  const tag = options.tag ?? (isTag(reference) ? reference : undefined);
  if (tag !== undefined) await to.tag(resolution.descriptor, tag, operationOf(options));
  return { descriptor: resolution.descriptor, ...graph.counts() };
}

class GraphCopy {
  readonly #from: ReadStore & Partial<Resumer>;
  readonly #to: Destination;
  readonly #operation: Operation;
  readonly #concurrency: number;
  readonly #progress: (event: CopyEvent) => void;
  readonly #seen = new Set<string>();
  readonly #manifests: Visited[] = [];
  readonly #dangling: Descriptor[] = [];
  readonly #counts = { pushed: 0, mounted: 0, skipped: 0 };
  #bytes = 0;
  #referrers = 0;

  constructor(from: ReadStore & Partial<Resumer>, to: Destination, options: CopyOptions) {
    this.#from = from;
    this.#to = to;
    this.#operation = operationOf(options);
    this.#concurrency = Math.max(1, options.concurrency ?? defaultConcurrency);
    this.#progress = options.progress ?? (() => {});
  }

  counts(): Omit<CopyResult, 'descriptor'> {
    return { ...this.#counts, bytes: this.#bytes, dangling: this.#dangling };
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
    const [blobs, children] = [blobsOf(manifest), childrenOf(manifest)];
    await this.#copyContent(blobs, children, at);
    const [goneBlobs, goneChildren] = [await this.#collected(blobs), await this.#collected(children)];
    for (const { digest } of [...goneBlobs, ...goneChildren]) this.#seen.delete(digest);
    await this.#copyContent(goneBlobs, goneChildren, at);
    await this.#pushManifest(descriptor, content);
    this.#manifests.push({ descriptor, distance: at.distance });
  }

  async #copyContent(
    blobs: readonly Descriptor[],
    children: readonly Descriptor[],
    at: { readonly depth: number; readonly distance: number },
  ): Promise<void> {
    await this.#copyBlobs(blobs);
    for (const child of children) {
      if (this.#seen.has(child.digest)) continue;
      await this.copyManifest(await this.#read(child), { ...at, depth: at.depth + 1 });
    }
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
    const way = { from: this.#from, to: this.#to, notify: this.#progress };
    const copyOne = async (blob: Descriptor, signal: AbortSignal): Promise<void> => {
      if (isNondistributable(blob.mediaType) && !(await this.#from.exists(blob, { signal }))) return;
      this.#count(await copyBlob(way, blob, { signal }), blob);
    };
    await inParallel(fresh, this.#concurrency, copyOne, this.#operation.signal);
  }

  /** What came first may have been collected while the rest came. */
  async #collected(content: readonly Descriptor[]): Promise<readonly Descriptor[]> {
    const gone: Descriptor[] = [];
    for (const one of content) if ((await this.#to.renew?.(one, this.#operation)) === false) gone.push(one);
    return gone;
  }

  async #pushManifest(descriptor: Descriptor, content: Uint8Array): Promise<void> {
    if (await this.#to.exists(descriptor, this.#operation)) {
      this.#count('skipped', descriptor);
      return;
    }
    await this.#to.push(descriptor, content, { ...this.#operation, absent: true });
    this.#count('pushed', descriptor);
  }

  #count(kind: Copied, descriptor: Descriptor): void {
    this.#counts[kind] += 1;
    if (kind === 'pushed') this.#bytes += descriptor.size;
    this.#progress({ kind, descriptor });
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

function operationOf({ signal }: CopyOptions): Operation {
  return signal === undefined ? {} : { signal };
}

function tooLarge({ digest }: Descriptor, limit: string): OciError {
  return new OciError('too-large', digest, `expected ${limit}, got more`);
}
