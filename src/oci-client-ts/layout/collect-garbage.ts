import type { Descriptor } from '../descriptor.ts';
import type { IndexBook } from '../indexed-store.ts';
import { isNamed, type LayoutIndex } from '../layout-index.ts';
import type { BlobFiles } from './blob-files.ts';
import { partialMs } from './partial-blobs.ts';
import { type Reached, ReachFinder } from './reach.ts';

export interface CollectOptions {
  /** Milliseconds for which content that nothing names stays after it was written or last asked for. Default 1 hour. */
  readonly graceMs?: number;
  /**
   * What becomes of manifests that bear no name, are in no index that does, and refer to nothing that does. Default `keep`.
   */
  readonly untagged?: 'keep' | 'remove';
  /** Digests that stay with all they name, as if they bore a name. */
  readonly pinned?: ReadonlySet<string>;
  /** Milliseconds since the epoch. Default the system's: times of files are compared with it. */
  readonly clock?: { now(): number };
  readonly signal?: AbortSignal;
}

export interface CollectResult {
  /** Entries taken out of the index. */
  readonly entries: number;
  /** Files removed, unfinished ones among them. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Files and entries that will go once their grace is over. */
  readonly waiting: number;
}

/** An upload over a thin link pauses for minutes, not for an hour. */
const defaultGraceMs = 60 * 60 * 1000;

/**
 * Milliseconds for which the index's lock is held in one go to remove layers: well below the age at which others take a lock for left
 * behind, and short enough for them to wait.
 */
const holdMs = 2_000;

interface Places {
  readonly blobs: BlobFiles;
  readonly index: IndexBook;
}

/**
 * Removes what nothing in the index reaches. The index is changed and files are removed under its lock, so that no manifest can begin to
 * name content that is on its way out; what a writer found to be there, and will name soon, is young again.
 * @throws OciError; then what was not removed yet is still whole.
 */
export async function collectGarbage(places: Places, options: CollectOptions = {}): Promise<CollectResult> {
  const collection = new Collection(places, options);
  return collection.run();
}

class Collection {
  readonly #places: Places;
  readonly #signal: AbortSignal | undefined;
  readonly #finder: ReachFinder;
  readonly #isFresh: (writtenAt: number) => boolean;
  readonly #isKept: (writtenAt: number) => boolean;
  #entries = 0;
  #files = 0;
  #bytes = 0;
  #young = 0;
  readonly #waiting = new Set<string>();

  constructor(places: Places, options: CollectOptions) {
    const { graceMs = defaultGraceMs, untagged = 'keep', pinned = new Set(), clock = Date } = options;
    this.#places = places;
    this.#signal = options.signal;
    // A time from the future is that of a clock that was wrong: it ages by the same rule.
    this.#isFresh = (writtenAt) => Math.abs(clock.now() - writtenAt) < graceMs;
    this.#isKept = (writtenAt) => Math.abs(clock.now() - writtenAt) < partialMs;
    const isYoung = async ({ digest }: Descriptor): Promise<boolean> => {
      const found = await places.blobs.status(digest);
      return found !== undefined && this.#isFresh(found.mtimeMs);
    };
    this.#finder = new ReachFinder(places.blobs, { untagged, pinned, isYoung });
  }

  async run(): Promise<CollectResult> {
    const { blobs, index } = this.#places;
    // Reads most manifests before the lock is taken; under it only those that came since.
    const { digests } = await this.#finder.find(await index.read(), this.#signal);
    let left = await this.#candidates(digests);
    let isDone = false;
    while (!isDone) {
      await index.update(async (current) => {
        const reached = await this.#finder.find(current, this.#signal);
        const next = this.#withoutUnreached(current, reached);
        const after = async (): Promise<void> => {
          this.#entries += current.entries.length - next.entries.length;
          this.#young = reached.young;
          left = await this.#sweep(left, reached.digests);
          isDone = left.length === 0;
        };
        return { index: next, after };
      }, this.#signal);
    }
    const unfinished = await blobs.removeIncoming(this.#isFresh, this.#isKept);
    return {
      entries: this.#entries,
      files: this.#files + unfinished.files,
      bytes: this.#bytes + unfinished.bytes,
      waiting: this.#young + this.#waiting.size + unfinished.waiting,
    };
  }

  /** The same index when nothing goes. */
  #withoutUnreached(index: LayoutIndex, { digests }: Reached): LayoutIndex {
    const entries = index.entries.filter((entry) => isNamed(entry) || digests.has(entry.digest));
    return entries.length === index.entries.length ? index : { ...index, entries };
  }

  /**
   * Files that nothing reaches. Manifests come first: one that is still there must never miss what it names, since it may be named again
   * while the lock is free.
   */
  async #candidates(reached: ReadonlySet<string>): Promise<readonly Candidate[]> {
    const found: Candidate[] = [];
    for await (const digest of this.#places.blobs.list()) {
      this.#signal?.throwIfAborted();
      if (reached.has(digest)) continue;
      found.push({ digest, mayBeManifest: await this.#places.blobs.beginsAsJson(digest) });
    }
    return found.sort((one, other) => Number(other.mayBeManifest) - Number(one.mayBeManifest));
  }

  /** Gives back what time did not suffice for. */
  async #sweep(
    candidates: readonly Candidate[],
    reached: ReadonlySet<string>,
  ): Promise<readonly Candidate[]> {
    const end = performance.now() + holdMs;
    for (const [at, { digest, mayBeManifest }] of candidates.entries()) {
      if (!mayBeManifest && performance.now() > end) return candidates.slice(at);
      this.#signal?.throwIfAborted();
      if (!reached.has(digest)) await this.#remove(digest);
    }
    return [];
  }

  async #remove(digest: string): Promise<void> {
    const removal = await this.#places.blobs.removeUnless(digest, this.#isFresh);
    if (removal.kind === 'fresh') this.#waiting.add(digest);
    if (removal.kind !== 'removed') return;
    this.#files += 1;
    this.#bytes += removal.bytes;
  }
}

interface Candidate {
  readonly digest: string;
  readonly mayBeManifest: boolean;
}
