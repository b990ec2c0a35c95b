import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DeliveryPlace } from '../../api/index.ts';
import type { Clock, Target } from '../../core/index.ts';
import type { DeliveryTarget } from './delivery-target.ts';
import type { OpenPlace, PlaceOpener, UidOf } from './place-opener.ts';
import type { ResolvedPlace } from './resolve-place.ts';
import { type WatchListener, watchTarget } from './watch-target.ts';

interface Entry extends DeliveryTarget {
  readonly users: Set<string>;
  readonly closing: AbortController;
  /** Its watch, if any. */
  watching: Promise<void>;
  close(): Promise<void>;
}

/** Key of the target of the site, by the agent itself. */
const siteKey = '';

/** What is open, and which deliveries use it. */
export class OpenTargets {
  readonly #clock: Clock;
  readonly #site: Target;
  readonly #entries = new Map<string, Entry>();
  /** By delivery: keys of what it uses. */
  readonly #held = new Map<string, Set<string>>();
  /** The same of its run. */
  readonly #taken = new Map<string, Set<string>>();
  readonly #closing = new Set<Promise<void>>();
  #watch: { readonly listener: WatchListener; readonly signal: AbortSignal } | undefined;

  constructor(clock: Clock, site: Target) {
    this.#clock = clock;
    this.#site = site;
  }

  /** @throws SealiftError of the opener. */
  use(
    by: string,
    namespace: string,
    resolved: ResolvedPlace,
    opener: PlaceOpener | undefined,
  ): DeliveryTarget {
    const key = keyOf(namespace, resolved);
    const { place, cluster } = resolved;
    add(this.#taken, by, key);
    add(this.#held, by, key);
    if (key === siteKey)
      return {
        key,
        place,
        cluster,
        target: this.#site,
        isAccountGone: async () => false,
        uidOf: uidAt(opener),
      };
    const entry = this.#entries.get(key) ?? this.#begin(key, resolved, open(namespace, resolved, opener));
    entry.users.add(by);
    return entry;
  }

  /** What the delivery has used for this place last. */
  usedBy(by: string, place: DeliveryPlace): DeliveryTarget | undefined {
    const held = [...(this.#held.get(by) ?? [])].map((key) => this.#entries.get(key));
    const found = held.find((entry) => isDeepStrictEqual(entry?.place, place));
    if (found !== undefined) add(this.#taken, by, found.key);
    return found;
  }

  settle(by: string): void {
    const taken = this.#taken.get(by);
    for (const key of this.#held.get(by) ?? []) if (taken?.has(key) !== true) this.#release(by, key);
    // It goes on using these until the end of its next run.
    this.#taken.delete(by);
  }

  forget(by: string): void {
    this.#taken.delete(by);
    this.settle(by);
  }

  isAt(by: string, key: string): boolean {
    const held = this.#held.get(by);
    // Whoever has not run yet is told of everything at the site.
    return held === undefined ? key === siteKey : held.has(key);
  }

  async watch(listener: WatchListener, signal: AbortSignal): Promise<void> {
    this.#watch = { listener, signal };
    for (const entry of this.#entries.values()) this.#follow(entry);
    await watchTarget({ key: siteKey, target: this.#site }, listener, this.#clock, signal);
    await Promise.all([...this.#entries.values()].map(({ watching }) => watching));
    this.#watch = undefined;
  }

  async close(): Promise<void> {
    for (const entry of [...this.#entries.values()]) this.#end(entry);
    await Promise.all(this.#closing);
  }

  #begin(key: string, { place, cluster }: ResolvedPlace, opened: OpenPlace): Entry {
    const entry: Entry = {
      key,
      place,
      cluster,
      target: opened.target,
      isAccountGone: (signal) => opened.isAccountGone(signal),
      uidOf: (ref, signal) => opened.uidOf(ref, signal),
      close: () => opened.close(),
      users: new Set(),
      closing: new AbortController(),
      watching: Promise.resolve(),
    };
    this.#entries.set(key, entry);
    this.#follow(entry);
    return entry;
  }

  #follow(entry: Entry): void {
    if (this.#watch === undefined) return;
    const { listener, signal } = this.#watch;
    const either = AbortSignal.any([signal, entry.closing.signal]);
    entry.watching = watchTarget(entry, listener, this.#clock, either);
  }

  #release(by: string, key: string): void {
    const held = this.#held.get(by);
    held?.delete(key);
    if (held?.size === 0) this.#held.delete(by);
    const entry = this.#entries.get(key);
    entry?.users.delete(by);
    if (entry?.users.size === 0) this.#end(entry);
  }

  #end(entry: Entry): void {
    this.#entries.delete(entry.key);
    entry.closing.abort();
    const closed = entry.watching.then(() => entry.close());
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed)).catch(() => undefined);
  }
}

function add(sets: Map<string, Set<string>>, by: string, key: string): void {
  const known = sets.get(by) ?? new Set();
  sets.set(by, known.add(key));
}

function open(
  namespace: string,
  { place, access }: ResolvedPlace,
  opener: PlaceOpener | undefined,
): OpenPlace {
  if (opener === undefined) throw new TypeError('nobody to open it');
  const { account } = place;
  return opener.open({
    access,
    account: account === undefined ? undefined : { namespace, name: account },
  });
}

function uidAt(opener: PlaceOpener | undefined): UidOf {
  return async (ref, signal) => opener?.uidOf(ref, signal);
}

/** Another content of the Secret or ConfigMap makes another target. */
function keyOf(namespace: string, { place, access }: ResolvedPlace): string {
  const { account, kubeConfig } = place;
  if (kubeConfig === undefined && account === undefined) return siteKey;
  // With its kind and its name; as a hash, since it may hold credentials.
  const content = createHash('sha256')
    .update(JSON.stringify(access) ?? '')
    .digest('hex');
  return JSON.stringify([namespace, kubeConfig?.key, account, content]);
}
