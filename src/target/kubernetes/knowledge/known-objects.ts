import { inventoryId } from '../../../api/index.ts';
import type { ObjectRef } from '../../../core/index.ts';
import { type Glimpse, sameGlimpse } from './glimpse.ts';
import { isOlder } from './versions.ts';

/** What is there: a glimpse of an object, or the version of the kind's history at which none was. */
export type Sight =
  | { readonly kind: 'present'; readonly glimpse: Glimpse }
  | { readonly kind: 'absent'; readonly resourceVersion: string };

interface Known {
  readonly ref: ObjectRef;
  /** When it became of interest, counted in objects. */
  readonly since: number;
  sight: Sight | undefined;
  /** What was last told or answered: only what differs from it is news. */
  told: Sight | undefined;
  /** Writes of ours that are under way: whether what the watch brings is theirs is known at their end. */
  writes: number;
}

/** A list that was read from its first page to its last. */
export interface WholeList {
  readonly namespace: string | undefined;
  /** Ids of its objects that are of interest. */
  readonly seen: ReadonlySet<string>;
  readonly resourceVersion: string;
  /** `KnownObjects.moment` at its beginning: what became of interest later may have stood on a page that had passed. */
  readonly since: number;
}

/** What is known of the objects of one kind that are of interest to somebody: all others are forgotten as they come. */
export class KnownObjects {
  readonly #tell: (ref: ObjectRef) => void;
  readonly #known = new Map<string, Known>();
  /** By id: who wants to know of every version, the status included. */
  readonly #followers = new Map<string, Set<() => void>>();
  #moment = 0;

  constructor(tell: (ref: ObjectRef) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Any of the objects, which says what kind they are. */
  sample(): ObjectRef | undefined {
    const [first] = this.#known.values();
    return first?.ref;
  }

  /** Grows with every object that becomes of interest. */
  get moment(): number {
    return this.#moment;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** From now on this object is of interest. */
  note(ref: ObjectRef): void {
    this.#noted(ref);
  }

  /** `undefined` when nothing is known. */
  find(ref: ObjectRef): Sight | undefined {
    return this.#known.get(inventoryId(ref))?.sight;
  }

  /** Nobody asks for this object any longer, but those who follow it. */
  drop(ref: ObjectRef): void {
    const id = inventoryId(ref);
    if (!this.#followers.has(id)) this.#known.delete(id);
  }

  /** Calls `moved` whenever another version of the object is known, or that it is gone, by whose hand ever. Gives what ends that. */
  follow(ref: ObjectRef, moved: () => void): () => void {
    const id = inventoryId(ref);
    this.#noted(ref);
    const followers = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, followers.add(moved));
    return () => {
      followers.delete(moved);
      if (followers.size === 0) this.#followers.delete(id);
    };
  }

  /** What a list or a watch brought. Told when it differs from what was known; nothing that is older than that is taken. */
  see(ref: ObjectRef, sight: Sight): void {
    const known = this.#noted(ref);
    if (isStale(sight, known.sight)) return;
    this.#move(known, sight);
    if (known.writes === 0) this.#tellIfNews(known);
  }

  /** What a request of our own was answered with: whoever made it has the answer, and nothing is told. */
  learn(ref: ObjectRef, glimpse: Glimpse | undefined): void {
    const known = this.#noted(ref);
    // Absence has no version of its own: whatever happens later is news.
    const resourceVersion = known.sight === undefined ? '0' : versionOf(known.sight);
    const sight: Sight =
      glimpse === undefined ? { kind: 'absent', resourceVersion } : { kind: 'present', glimpse };
    if (isStale(sight, known.sight)) return;
    this.#move(known, sight);
    known.told = sight;
  }

  /** Brackets a write: what it changes is no news, what somebody changes after it is. */
  async writing<T>(ref: ObjectRef, act: () => Promise<T>): Promise<T> {
    const known = this.#noted(ref);
    known.writes += 1;
    try {
      return await act();
    } finally {
      known.writes -= 1;
      if (known.writes === 0) this.#tellIfNews(known);
    }
  }

  /** What was known in the place of a list and is not on it is gone. */
  settle({ namespace, seen, resourceVersion, since }: WholeList): void {
    for (const [id, known] of this.#known) {
      const isInside = namespace === undefined || known.ref.namespace === namespace;
      if (isInside && known.since <= since && !seen.has(id))
        this.see(known.ref, { kind: 'absent', resourceVersion });
    }
  }

  /** What is known of this object is not what is there. */
  doubt(ref: ObjectRef): void {
    const known = this.#known.get(inventoryId(ref));
    if (known !== undefined) known.sight = undefined;
  }

  /** Nothing is known any longer, and whoever knew something is told. */
  blur(namespace: string | undefined): void {
    for (const known of this.#known.values()) {
      if (known.sight === undefined || (namespace !== undefined && known.ref.namespace !== namespace))
        continue;
      known.sight = undefined;
      known.told = undefined;
      this.#tell(known.ref);
    }
  }

  /** Tells all that is of interest: nobody could have known anything of it before. */
  announce(namespace: string | undefined): void {
    for (const { ref } of this.#known.values())
      if (namespace === undefined || ref.namespace === namespace) this.#tell(ref);
  }

  #noted(ref: ObjectRef): Known {
    const id = inventoryId(ref);
    const before = this.#known.get(id);
    if (before !== undefined) return before;
    this.#moment += 1;
    const known: Known = { ref, since: this.#moment, sight: undefined, told: undefined, writes: 0 };
    this.#known.set(id, known);
    return known;
  }

  #move(known: Known, sight: Sight): void {
    const isSame = known.sight !== undefined && sameVersion(known.sight, sight);
    known.sight = sight;
    if (!isSame) for (const moved of this.#followers.get(inventoryId(known.ref)) ?? []) moved();
  }

  #tellIfNews(known: Known): void {
    const { sight, told, ref } = known;
    known.told = sight;
    // What nobody has been told anything of is no change.
    if (sight === undefined || told === undefined || sameSight(sight, told)) return;
    this.#tell(ref);
  }
}

function isStale(sight: Sight, known: Sight | undefined): boolean {
  return known !== undefined && isOlder(versionOf(sight), versionOf(known));
}

function versionOf(sight: Sight): string {
  return sight.kind === 'present' ? sight.glimpse.resourceVersion : sight.resourceVersion;
}

/** What is gone has no versions. */
function sameVersion(a: Sight, b: Sight): boolean {
  return a.kind === b.kind && (a.kind === 'absent' || versionOf(a) === versionOf(b));
}

function sameSight(a: Sight, b: Sight): boolean {
  if (a.kind === 'absent' || b.kind === 'absent') return a.kind === b.kind;
  return sameGlimpse(a.glimpse, b.glimpse);
}
