import { inventoryId } from '../../../api/index.ts';
import { type ObjectRef, withSignal } from '../../../core/index.ts';
import type { KindRef, LiveMetadata } from '../client/client.ts';
import { glimpseOf } from './glimpse.ts';
import { KindWatch } from './kind-watch.ts';
import { KnownObjects, type Sight } from './known-objects.ts';
import type { WatchPorts } from './scope-watch.ts';

interface KnownKind {
  readonly objects: KnownObjects;
  watch: KindWatch | undefined;
}

type Changed = (ref: ObjectRef | undefined) => void;

/** One stretch of watching. */
interface Session {
  readonly changed: Changed;
  readonly signal: AbortSignal;
}

/** What is known of all objects that somebody asked for or that we wrote, kind by kind; kept true while it is watched. */
export class Knowledge {
  readonly #ports: WatchPorts;
  readonly #kinds = new Map<string, KnownKind>();
  /** Watches that were given up and may still be closing. */
  readonly #closing = new Set<Promise<void>>();
  #session: Session | undefined;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
  }

  /** What stands there, if that is known for sure and without asking. From now on the object is of interest. */
  async sight(ref: ObjectRef, signal: AbortSignal): Promise<Sight | undefined> {
    const kind = this.#kindOf(ref);
    kind.objects.note(ref);
    const watch = this.#watchOf(kind, ref);
    if (watch === undefined) return undefined;
    const scope = await withSignal(watch.inSync(ref), signal);
    if (scope === undefined) return undefined;
    if (kind.objects.find(ref) === undefined && scope.isSurelyAbsent(inventoryId(ref)))
      kind.objects.learn(ref, undefined);
    return kind.objects.find(ref);
  }

  /** What stood there when it was last heard of. */
  lastSight(ref: ObjectRef): Sight | undefined {
    return this.#kindOf(ref).objects.find(ref);
  }

  /** What a request of ours was answered with. */
  learn(ref: ObjectRef, metadata: LiveMetadata | undefined): void {
    const glimpse = metadata === undefined ? undefined : glimpseOf(metadata);
    this.#kindOf(ref).objects.learn(ref, glimpse);
  }

  /** Calls `moved` whenever another version of the object is known, as long as its kind is watched. Gives what ends that. */
  follow(ref: ObjectRef, moved: () => void): () => void {
    const kind = this.#kindOf(ref);
    const end = kind.objects.follow(ref, moved);
    this.#watchOf(kind, ref);
    return end;
  }

  /** Brackets a write: what it changes is not told as the change of another hand. */
  writing<T>(ref: ObjectRef, act: () => Promise<T>): Promise<T> {
    const kind = this.#kindOf(ref);
    kind.objects.note(ref);
    this.#watchOf(kind, ref);
    return kind.objects.writing(ref, act);
  }

  /** Nobody is interested in the object any longer; with the last one of its kind the watch ends. */
  drop(ref: ObjectRef): void {
    const key = keyOf(ref);
    const kind = this.#kinds.get(key);
    kind?.objects.drop(ref);
    // Finalizers may keep it for a while.
    kind?.watch?.expect(inventoryId(ref));
    if (kind === undefined || kind.objects.size > 0) return;
    this.#kinds.delete(key);
    this.#end(kind);
  }

  /** The server has another object than is known: it is to be read, however well its kind is watched. */
  doubt(ref: ObjectRef): void {
    const kind = this.#kinds.get(keyOf(ref));
    kind?.objects.doubt(ref);
    kind?.watch?.expect(inventoryId(ref));
  }

  /** Definitions changed: what could not be watched may be watched now. */
  kick(): void {
    for (const { watch } of this.#kinds.values()) watch?.kick();
  }

  /** Watches every kind in use until the signal aborts, and tells each object of which something else is known than before. */
  async watch(changed: Changed, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#session = { changed, signal };
    for (const kind of this.#kinds.values()) this.#begin(kind);
    // Every kind is read before anything is said of it, so that nothing escapes from here on.
    changed(undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#session = undefined;
    for (const kind of this.#kinds.values()) this.#end(kind);
    await Promise.all(this.#closing);
  }

  #kindOf(ref: ObjectRef): KnownKind {
    const key = keyOf(ref);
    const before = this.#kinds.get(key);
    if (before !== undefined) return before;
    const objects = new KnownObjects((changed) => this.#session?.changed(changed));
    const kind: KnownKind = { objects, watch: undefined };
    this.#kinds.set(key, kind);
    return kind;
  }

  /** The watch of a kind, begun when it comes into use; begun anew in another version where the one in use is not served. */
  #watchOf(kind: KnownKind, ref: ObjectRef): KindWatch | undefined {
    if (kind.watch?.isUnserved === true && kind.watch.version !== ref.version) this.#end(kind);
    if (kind.watch === undefined) this.#begin(kind, ref);
    return kind.watch;
  }

  #begin(kind: KnownKind, ref: KindRef | undefined = kind.objects.sample()): void {
    if (this.#session === undefined || ref === undefined) return;
    kind.watch = new KindWatch(this.#ports, ref, kind.objects, this.#session.signal);
  }

  #end(kind: KnownKind): void {
    const ended = kind.watch?.stop();
    kind.watch = undefined;
    if (ended === undefined) return;
    this.#closing.add(ended);
    void ended.finally(() => this.#closing.delete(ended));
  }
}

function keyOf({ group, kind }: KindRef): string {
  return `${group}/${kind}`;
}
