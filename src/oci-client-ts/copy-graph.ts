import { readAll } from './checked-content.ts';
import { type Copied, type CopyEvent, copyBlob } from './copy-blob.ts';
import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { type Manifest, maxManifestBytes, parseManifest } from './manifest.ts';
import { isManifestType, isNondistributable } from './media-types.ts';
import type { Mounter, Operation, Puller, ReadStore, Renewer, Resumer, Store } from './store.ts';

/** An image index of an image index is already rare. */
const maxDepth = 8;
/** Everything one reference may lead to; each costs a request at least. */
const maxManifests = 10_000;
const defaultConcurrency = 3;

/** What it can do beyond a store is made use of. */
export type CopySource = ReadStore & Partial<Resumer>;
/** What it can do beyond a store is made use of. */
export type CopyDestination = Store & Partial<Mounter & Puller & Renewer>;

export interface GraphOptions extends Operation {
  readonly concurrency?: number;
  readonly progress?: (event: CopyEvent) => void;
}

export interface CopyCounts {
  /** Manifests and blobs transferred. */
  readonly pushed: number;
  /** Blobs that the destination took over from another repository, without their bytes. */
  readonly mounted: number;
  /** Manifests and blobs that were there already. */
  readonly skipped: number;
  /** Bytes transferred. */
  readonly bytes: number;
}

interface Node {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
}

export interface Visited {
  readonly descriptor: Descriptor;
  /** Steps of `subject` from the copied graph. */
  readonly distance: number;
}

/** The walk from one manifest to all that it names, and the copy of it. */
export class GraphCopy {
  readonly #from: CopySource;
  readonly #to: CopyDestination;
  readonly #operation: Operation;
  readonly #concurrency: number;
  readonly #progress: (event: CopyEvent) => void;
  readonly #seen = new Set<string>();
  readonly #manifests: Visited[] = [];
  readonly #counts = { pushed: 0, mounted: 0, skipped: 0 };
  #bytes = 0;

  constructor(from: CopySource, to: CopyDestination, options: GraphOptions) {
    this.#from = from;
    this.#to = to;
    this.#operation = options.signal === undefined ? {} : { signal: options.signal };
    this.#concurrency = Math.max(1, options.concurrency ?? defaultConcurrency);
    this.#progress = options.progress ?? (() => {});
  }

  get counts(): CopyCounts {
    return { ...this.#counts, bytes: this.#bytes };
  }

  /** Copied so far, in order. Grows while it is walked. */
  get manifests(): readonly Visited[] {
    return this.#manifests;
  }

  has(digest: string): boolean {
    return this.#seen.has(digest);
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

function tooLarge({ digest }: Descriptor, limit: string): OciError {
  return new OciError('too-large', digest, `expected ${limit}, got more`);
}
