import { inventoryId } from '../../api/index.ts';
import {
  type KubernetesObject,
  type ObjectRef,
  type Observation,
  refOf,
  type Target,
  type WriteOptions,
} from '../../core/index.ts';
import { manifestText } from '../manifest-text.ts';
import { observedText } from '../observed-text.ts';

/** A target that forgets: for previews and tests. It holds each object as the text that a directory would. */
export interface MemoryTarget extends Target {
  /** What stands at the place of an object. */
  text(ref: ObjectRef): string | undefined;
  /** Changes it as another hand would; `undefined` removes it. */
  edit(ref: ObjectRef, text: string | undefined): void;
}

export function createMemoryTarget(): MemoryTarget {
  return new ObjectsInMemory();
}

type Listener = (ref: ObjectRef | undefined) => void;

class ObjectsInMemory implements MemoryTarget {
  readonly description = 'memory';
  readonly #texts = new Map<string, string>();
  readonly #known = new Set<string>();
  readonly #listeners = new Set<Listener>();

  text(ref: ObjectRef): string | undefined {
    return this.#texts.get(inventoryId(ref));
  }

  edit(ref: ObjectRef, text: string | undefined): void {
    const id = inventoryId(ref);
    if (text === undefined) this.#texts.delete(id);
    else this.#texts.set(id, text);
    if (this.#known.has(id)) for (const changed of this.#listeners) changed(ref);
  }

  async observe(
    ref: ObjectRef,
    desired: KubernetesObject | undefined,
    signal: AbortSignal,
  ): Promise<Observation> {
    signal.throwIfAborted();
    this.#known.add(inventoryId(ref));
    const text = this.text(ref);
    return text === undefined ? { kind: 'absent' } : observedText(ref, text, desired);
  }

  async write(object: KubernetesObject, _options: WriteOptions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#known.add(inventoryId(refOf(object)));
    this.edit(refOf(object), manifestText(object));
  }

  async remove(ref: ObjectRef, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.edit(ref, undefined);
  }

  async watch(changed: Listener, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listeners.add(changed);
    signal.addEventListener('abort', () => resolve(), { once: true });
    changed(undefined);
    await promise;
    this.#listeners.delete(changed);
  }
}
