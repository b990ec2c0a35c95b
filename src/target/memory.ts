import { inventoryId } from '../api/index.ts';
import {
  type Departure,
  type HealthWatch,
  type KubernetesObject,
  type ObjectRef,
  type Observation,
  refOf,
  type Target,
  type WriteOptions,
} from '../core/index.ts';
import { manifestText } from './manifest-text.ts';
import { besideText, observedText } from './observed-text.ts';
import { readManifest } from './read-manifest.ts';

/** A target that forgets: for previews and tests. It holds each object as the text that a directory would, and a status apart. */
export interface MemoryTarget extends Target {
  readonly health: HealthWatch;
  /** What stands at the place of an object. */
  text(ref: ObjectRef): string | undefined;
  /** Changes it as another hand would; `undefined` removes it. */
  edit(ref: ObjectRef, text: string | undefined): void;
  /** Says how it is doing, as its controller would; that is no change of the object. */
  setStatus(ref: ObjectRef, status: Readonly<Record<string, unknown>>): void;
  /** Sets what has to be done before it goes, once it is removed; with none, it goes. */
  setFinalizers(ref: ObjectRef, finalizers: readonly string[]): void;
}

export function createMemoryTarget(): MemoryTarget {
  return new ObjectsInMemory();
}

type Listener = (ref: ObjectRef | undefined) => void;
type Told = Parameters<HealthWatch['follow']>[1];

class ObjectsInMemory implements MemoryTarget {
  readonly description = 'memory';
  readonly #texts = new Map<string, string>();
  readonly #known = new Set<string>();
  readonly #listeners = new Set<Listener>();
  readonly #statuses = new Map<string, Readonly<Record<string, unknown>>>();
  /** Counts changes of an object, as an API server does; of its status it counts none. */
  readonly #generations = new Map<string, number>();
  readonly #finalizers = new Map<string, readonly string[]>();
  /** Ids of what goes when it has no finalizers any more. */
  readonly #departing = new Set<string>();
  /** Told of everything that changes, statuses too. */
  readonly #followers = new Set<(ref: ObjectRef) => void>();
  readonly health: HealthWatch = { follow: (refs, told, signal) => this.#follow(refs, told, signal) };

  text(ref: ObjectRef): string | undefined {
    return this.#texts.get(inventoryId(ref));
  }

  edit(ref: ObjectRef, text: string | undefined): void {
    const id = inventoryId(ref);
    if (text === undefined) this.#statuses.delete(id);
    if (text === undefined) this.#departing.delete(id);
    if (text !== this.#texts.get(id)) this.#generations.set(id, (this.#generations.get(id) ?? 0) + 1);
    if (text === undefined) this.#texts.delete(id);
    else this.#texts.set(id, text);
    if (this.#known.has(id)) for (const changed of this.#listeners) changed(ref);
    for (const changed of this.#followers) changed(ref);
  }

  setStatus(ref: ObjectRef, status: Readonly<Record<string, unknown>>): void {
    this.#statuses.set(inventoryId(ref), status);
    for (const changed of this.#followers) changed(ref);
  }

  setFinalizers(ref: ObjectRef, finalizers: readonly string[]): void {
    this.#finalizers.set(inventoryId(ref), finalizers);
    if (finalizers.length === 0 && this.#departing.has(inventoryId(ref))) this.edit(ref, undefined);
  }

  async observe(
    ref: ObjectRef,
    desired: KubernetesObject | undefined,
    signal: AbortSignal,
    ignored: readonly string[] = [],
  ): Promise<Observation> {
    signal.throwIfAborted();
    this.#known.add(inventoryId(ref));
    const text = this.text(ref);
    if (text === undefined) return { kind: 'absent' };
    const observation = observedText(ref, text, { desired, ignored });
    const departure = this.#departure(ref);
    return observation.kind === 'present' && departure !== undefined
      ? { ...observation, departure }
      : observation;
  }

  async write(asked: KubernetesObject, { ignored = [] }: WriteOptions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const object = besideText(asked, this.text(refOf(asked)), ignored);
    this.#known.add(inventoryId(refOf(object)));
    this.edit(refOf(object), manifestText(object));
  }

  async remove(ref: ObjectRef, signal: AbortSignal): Promise<Departure | undefined> {
    signal.throwIfAborted();
    const id = inventoryId(ref);
    const finalizers = this.#finalizers.get(id) ?? [];
    if (this.#texts.has(id) && finalizers.length > 0) this.#departing.add(id);
    else this.edit(ref, undefined);
    return this.#departure(ref);
  }

  #departure(ref: ObjectRef): Departure | undefined {
    const id = inventoryId(ref);
    return this.#departing.has(id) ? { finalizers: this.#finalizers.get(id) ?? [] } : undefined;
  }

  async watch(changed: Listener, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#listeners.add(changed);
    changed(undefined);
    await aborted(signal);
    this.#listeners.delete(changed);
  }

  async #follow(refs: readonly ObjectRef[], told: Told, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const followed = new Set(refs.map(inventoryId));
    const changed = (ref: ObjectRef): void => {
      if (followed.has(inventoryId(ref))) told(ref, this.#live(ref));
    };
    this.#followers.add(changed);
    for (const ref of refs) changed(ref);
    await aborted(signal);
    this.#followers.delete(changed);
  }

  #live(ref: ObjectRef): KubernetesObject | undefined {
    const reading = readManifest(this.text(ref) ?? '');
    if (reading.kind === 'unreadable') return undefined;
    const id = inventoryId(ref);
    const metadata = { ...reading.object.metadata, generation: this.#generations.get(id) };
    return {
      ...reading.object,
      metadata,
      ...(this.#statuses.has(id) ? { status: this.#statuses.get(id) } : {}),
    };
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
