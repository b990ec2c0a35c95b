import { inventoryId } from '../../../api/index.ts';
import {
  type Clock,
  type ErrorCode,
  type ObjectRef,
  type Random,
  SealiftError,
} from '../../../core/index.ts';
import {
  type ApiResource,
  type KindRef,
  type KubernetesClient,
  type LiveMetadata,
  minWatchMs,
} from '../client/client.ts';
import { EverSeen } from './ever-seen.ts';
import { glimpseOf } from './glimpse.ts';
import type { KnownObjects } from './known-objects.ts';
import { isOlder } from './versions.ts';
import { pauseMs } from './watch-pause.ts';

/** Whether what is known of the objects of a scope is what is there. */
export type ScopeState =
  /** Nothing has been read yet. */
  | 'starting'
  | 'in-sync'
  /** The connection is lost: what is known was so a while ago. */
  | 'lost'
  /** The server serves no such kind, or none that can be watched. */
  | 'unserved'
  /** The identity may not list or watch here. */
  | 'forbidden';

export interface WatchPorts {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether an object that was not asked for since the start is of interest all the same: an earlier process wrote it. */
  readonly isOurs: (id: string) => boolean;
}

/** Objects of one kind, in one namespace or everywhere. */
export interface Scope {
  readonly kind: KindRef;
  readonly namespace?: string;
}

/** A watch that ends at once, again and again, must not become a storm: it is taken for healthy once it has lasted this long. Milliseconds. */
const healthyMs = 5_000;

/** Keeps what is known of the objects of one scope true: a list by pages, then a watch from there, and both again when they break. */
export class ScopeWatch {
  readonly #ports: WatchPorts;
  readonly #scope: Scope;
  readonly #known: KnownObjects;
  readonly #seen = new EverSeen();
  #state: ScopeState = 'starting';
  #settled = Promise.withResolvers<void>();
  #kick = new AbortController();
  #failures = 0;
  /** Where a watch goes on; `undefined` when only a list can say what is there. */
  #version: string | undefined;
  /** Whether the last watch was broken: the server behind it may have another history by now. */
  #isInDoubt = false;
  /** Whether nobody could know anything of its objects before the list that comes next. */
  #wasUnserved = false;

  constructor(ports: WatchPorts, scope: Scope, known: KnownObjects) {
    this.#ports = ports;
    this.#scope = scope;
    this.#known = known;
  }

  get state(): ScopeState {
    return this.#state;
  }

  /** While it is in sync: true for an object that was not there since the list was read. */
  isSurelyAbsent(id: string): boolean {
    return !this.#seen.mayHave(id);
  }

  /** An object is there that no watch may have brought yet. */
  expect(id: string): void {
    this.#seen.add(id);
  }

  /** Resolves once the first attempt has ended, well or not. */
  settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Something changed that may end a pause: tries again now. */
  kick(): void {
    this.#kick.abort();
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (thrown) {
        if (signal.aborted) break;
        this.#fail(thrown);
      }
      await this.#pause(signal);
    }
    this.#settled.resolve();
  }

  /** Lists, unless it is known where to go on, and watches until that breaks. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#ports;
    const resource = await client.resourceOf(this.#scope.kind, signal);
    if (resource?.watchable !== true) {
      this.#known.blur(this.#scope.namespace);
      this.#version = undefined;
      this.#become('unserved');
      return;
    }
    let isHealthy = true;
    while (isHealthy && !signal.aborted) {
      const from = await this.#start(resource, signal);
      const began = clock.monotonic();
      this.#isInDoubt = true;
      await this.#watch(resource, from, signal);
      const lastedMs = clock.monotonic() - began;
      this.#isInDoubt = lastedMs < minWatchMs;
      isHealthy = lastedMs >= healthyMs;
      if (isHealthy) this.#failures = 0;
    }
    this.#become('lost');
  }

  /** The version from which a watch goes on: where it was as long as that is known to be right, else where a list ends. */
  async #start(resource: ApiResource, signal: AbortSignal): Promise<string> {
    if (
      this.#version !== undefined &&
      this.#isInDoubt &&
      (await this.#isAhead(resource, this.#version, signal))
    ) {
      this.#known.blur(this.#scope.namespace);
      this.#version = undefined;
    }
    if (this.#version !== undefined) return this.#version;
    this.#version = await this.#list(resource, signal);
    this.#become('in-sync');
    if (this.#wasUnserved) this.#known.announce(this.#scope.namespace);
    this.#wasUnserved = false;
    return this.#version;
  }

  /** Whether the server's history ends before: it was restored from a backup, and a watch would be silent until it has got here again. */
  async #isAhead(resource: ApiResource, version: string, signal: AbortSignal): Promise<boolean> {
    const options = { ...this.#place(), pageSize: 1 };
    for await (const { resourceVersion } of this.#ports.client.listMetadata(resource, options, signal))
      return isOlder(resourceVersion, version);
    return false;
  }

  /** Goes through all pages, and remembers of them what is of interest. Gives back the version from which a watch goes on. */
  async #list(resource: ApiResource, signal: AbortSignal): Promise<string> {
    const since = this.#known.moment;
    this.#seen.begin();
    const seen = new Set<string>();
    let resourceVersion = '0';
    for await (const page of this.#ports.client.listMetadata(resource, this.#place(), signal)) {
      resourceVersion = page.resourceVersion;
      for (const metadata of page.items) {
        const id = this.#see(metadata);
        if (id !== undefined) seen.add(id);
      }
    }
    signal.throwIfAborted();
    this.#known.settle({ namespace: this.#scope.namespace, seen, resourceVersion, since });
    return resourceVersion;
  }

  async #watch(resource: ApiResource, from: string, signal: AbortSignal): Promise<void> {
    for await (const event of this.#ports.client.watchMetadata(resource, this.#place(), from, signal)) {
      // The first event says that the watch holds, and nothing that happened since `from` escapes it.
      if (this.#state !== 'in-sync') this.#become('in-sync');
      if (event.type === 'BOOKMARK') {
        this.#version = event.resourceVersion;
        continue;
      }
      this.#version = event.metadata.resourceVersion;
      if (event.type === 'DELETED') this.#lose(event.metadata);
      else this.#see(event.metadata);
    }
  }

  #place(): { readonly namespace?: string } {
    const { namespace } = this.#scope;
    return namespace === undefined ? {} : { namespace };
  }

  /** Gives back the id of an object that is of interest. */
  #see(metadata: LiveMetadata): string | undefined {
    const ref = this.#refOf(metadata);
    const id = inventoryId(ref);
    this.#seen.add(id);
    if (!this.#known.has(id) && !this.#ports.isOurs(id)) return undefined;
    this.#known.see(ref, { kind: 'present', glimpse: glimpseOf(metadata) });
    return id;
  }

  #lose(metadata: LiveMetadata): void {
    const ref = this.#refOf(metadata);
    if (!this.#known.has(inventoryId(ref))) return;
    this.#known.see(ref, { kind: 'absent', resourceVersion: metadata.resourceVersion });
  }

  #refOf({ namespace = '', name }: LiveMetadata): ObjectRef {
    const { group, version, kind } = this.#scope.kind;
    return { group, version, kind, namespace, name };
  }

  #become(state: ScopeState): void {
    this.#state = state;
    this.#wasUnserved ||= state === 'unserved';
    this.#settled.resolve();
  }

  #fail(thrown: unknown): void {
    const code = thrown instanceof SealiftError ? thrown.code : undefined;
    // Elsewhere the history of the server may still reach back to where we were.
    if (code === 'TARGET_EXPIRED') this.#version = undefined;
    this.#become(stateAfter(code));
  }

  /** Waits longer each time, by a random part of the time; a kick ends it. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const isBarred = this.#state === 'unserved' || this.#state === 'forbidden';
    const restMs = pauseMs(isBarred, this.#failures, random.next());
    this.#failures += 1;
    const wake = AbortSignal.any([signal, this.#kick.signal]);
    await clock.sleep(restMs, wake).catch(() => undefined);
    this.#kick = new AbortController();
  }
}

function stateAfter(code: ErrorCode | undefined): ScopeState {
  if (code === 'TARGET_FORBIDDEN') return 'forbidden';
  return code === 'TARGET_KIND_UNKNOWN' ? 'unserved' : 'lost';
}
