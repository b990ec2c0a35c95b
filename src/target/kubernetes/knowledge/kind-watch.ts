import type { ObjectRef } from '../../../core/index.ts';
import type { KindRef } from '../client/client.ts';
import type { KnownObjects } from './known-objects.ts';
import { ScopeWatch, type WatchPorts } from './scope-watch.ts';

/** The watch of one kind: one for all namespaces where the identity may, one for each namespace in use where it may not. */
export class KindWatch {
  readonly #ports: WatchPorts;
  readonly #kind: KindRef;
  readonly #known: KnownObjects;
  readonly #everywhere: ScopeWatch;
  readonly #namespaces = new Map<string, ScopeWatch>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running: Promise<void>[] = [];

  constructor(ports: WatchPorts, kind: KindRef, known: KnownObjects, signal: AbortSignal) {
    this.#ports = ports;
    this.#kind = kind;
    this.#known = known;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#everywhere = this.#start();
  }

  /** The watch that knows what stands in the place of an object; `undefined` when none does. Waits for the first list where there was none yet. */
  async inSync(ref: ObjectRef): Promise<ScopeWatch | undefined> {
    await this.#everywhere.settled();
    const isConfined = this.#everywhere.state === 'forbidden' && ref.namespace !== '';
    const scope = isConfined ? this.#confined(ref.namespace) : this.#everywhere;
    await scope.settled();
    return scope.state === 'in-sync' ? scope : undefined;
  }

  /** An object is there that no watch may have brought yet. */
  expect(id: string): void {
    for (const scope of [this.#everywhere, ...this.#namespaces.values()]) scope.expect(id);
  }

  get version(): string {
    return this.#kind.version;
  }

  /** The server serves no such kind in this version. */
  get isUnserved(): boolean {
    return this.#everywhere.state === 'unserved';
  }

  /** Something changed that may let a watch begin that could not. */
  kick(): void {
    for (const scope of [this.#everywhere, ...this.#namespaces.values()]) scope.kick();
  }

  /** Resolves when nothing runs any longer. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #confined(namespace: string): ScopeWatch {
    const scope = this.#namespaces.get(namespace) ?? this.#start(namespace);
    this.#namespaces.set(namespace, scope);
    return scope;
  }

  #start(namespace?: string): ScopeWatch {
    const scope = { kind: this.#kind, ...(namespace === undefined ? {} : { namespace }) };
    const watch = new ScopeWatch(this.#ports, scope, this.#known);
    this.#running.push(watch.run(this.#signal));
    return watch;
  }
}
