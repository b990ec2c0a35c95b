import { inventoryId } from '../../../api/index.ts';
import {
  type Clock,
  type HealthWatch,
  inParallel,
  type KubernetesObject,
  type ObjectRef,
} from '../../../core/index.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';

interface HealthPorts {
  readonly clock: Clock;
  readonly knowledge: Pick<Knowledge, 'follow' | 'sight'>;
  /** The reference under which the server keeps an object; `undefined` for a kind that is not served. */
  readonly placed: (ref: ObjectRef, signal: AbortSignal) => Promise<ObjectRef | undefined>;
  /** Reads an object; `undefined` when it is not there. */
  readonly read: (ref: ObjectRef, signal: AbortSignal) => Promise<KubernetesObject | undefined>;
  /** Selects the pods that may say what an object waits for; `undefined` when it waits for none. */
  readonly podsOf: (object: KubernetesObject) => string | undefined;
  /** Some of the pods of a namespace that a selector is for; none where nobody may look. */
  readonly pods: (
    namespace: string,
    selector: string,
    signal: AbortSignal,
  ) => Promise<readonly KubernetesObject[]>;
}

type Told = Parameters<HealthWatch['follow']>[1];

/** Reads at once for one delivery: others wait for theirs, and the API server has more to do. */
const parallelReads = 4;

/** Milliseconds between two reads of one object: a controller that writes its status ten times a second is read twice. */
const restMs = 500;

/** Milliseconds after which an object that waits for its pods is read again with them: what happens to a pod need not change the object. */
const podsMs = 5_000;

/** Milliseconds after which what nobody may watch, or is not watched yet, is read again: as often as Flux does. */
const pollMs = 5_000;

/** Milliseconds between two looks at whether all is watched, at most; twice as many each time that it is. */
const maxPollMs = 60_000;

/**
 * Tells live objects of a Kubernetes API. The watches of metadata that see drift say when there is another version of one; it is read then, so
 * that no bodies come by which nobody waits for, and none is kept.
 */
export function createHealthWatch(ports: HealthPorts): HealthWatch {
  return {
    follow: async (refs, told, signal) => {
      const reads = new Reads(ports, refs, told);
      await reads.run(signal).catch((thrown) => {
        if (!signal.aborted) throw thrown;
      });
    },
  };
}

interface Entry {
  /** As whoever waits for it names it. */
  readonly named: ObjectRef;
  /** As the server keeps it. */
  ref: ObjectRef;
  isAsked: boolean;
  /** On the monotonic clock. */
  restsUntil: number;
  /** Milliseconds until it is read again although nothing moved; grows. */
  podsMs: number;
  isTimed: boolean;
  /** Its pods may say what it waits for. */
  waitsForPods: boolean;
  unfollow: () => void;
}

class Reads {
  readonly #ports: HealthPorts;
  readonly #told: Told;
  readonly #entries: readonly Entry[];
  readonly #queue: Entry[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(ports: HealthPorts, refs: readonly ObjectRef[], told: Told) {
    this.#ports = ports;
    this.#told = told;
    this.#entries = refs.map((named) => ({
      named,
      ref: named,
      isAsked: true,
      restsUntil: 0,
      podsMs,
      isTimed: false,
      waitsForPods: false,
      unfollow: () => undefined,
    }));
    this.#queue.push(...this.#entries);
  }

  async run(outer: AbortSignal): Promise<void> {
    const readers = Array.from({ length: parallelReads }, () => 'reader' as const);
    try {
      await inParallel(
        [...readers, 'poller'] as const,
        parallelReads + 1,
        (role, signal) => (role === 'poller' ? this.#poll(signal) : this.#read(signal)),
        outer,
      );
    } finally {
      for (const { unfollow } of this.#entries) unfollow();
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
    while (!signal.aborted) {
      const entry = this.#queue.shift();
      if (entry === undefined) await this.#wake.promise;
      else await this.#look(entry, signal);
    }
  }

  async #look(entry: Entry, signal: AbortSignal): Promise<void> {
    const { clock, knowledge, placed, read } = this.#ports;
    this.#place(entry, (await placed(entry.named, signal)) ?? entry.named, signal);
    const sight = await knowledge.sight(entry.ref, signal);
    // What moves from here on is read again.
    entry.isAsked = false;
    const live = sight?.kind === 'absent' ? undefined : await read(entry.ref, signal);
    const pods = live === undefined ? [] : await this.#podsOf(entry, live, signal);
    signal.throwIfAborted();
    entry.restsUntil = clock.monotonic() + restMs;
    this.#told(entry.named, live, pods);
  }

  async #podsOf(
    entry: Entry,
    live: KubernetesObject,
    signal: AbortSignal,
  ): Promise<readonly KubernetesObject[]> {
    const selector = this.#ports.podsOf(live);
    entry.waitsForPods = selector !== undefined;
    if (selector === undefined) {
      entry.podsMs = podsMs;
      return [];
    }
    this.#readAgain(entry, signal);
    return this.#ports.pods(entry.ref.namespace, selector, signal);
  }

  #readAgain(entry: Entry, signal: AbortSignal): void {
    if (entry.isTimed) return;
    entry.isTimed = true;
    this.#ports.clock.sleep(entry.podsMs, signal).then(
      () => {
        entry.isTimed = false;
        if (entry.waitsForPods) this.#ask(entry, signal);
      },
      () => undefined,
    );
    entry.podsMs = Math.min(entry.podsMs * 2, maxPollMs);
  }

  /** A kind that is served since a moment may have no namespaces. */
  #place(entry: Entry, ref: ObjectRef, signal: AbortSignal): void {
    const isFirst = entry.restsUntil === 0;
    if (!isFirst && inventoryId(ref) === inventoryId(entry.ref)) return;
    entry.unfollow();
    entry.ref = ref;
    entry.unfollow = this.#ports.knowledge.follow(ref, () => this.#ask(entry, signal));
  }

  #ask(entry: Entry, signal: AbortSignal): void {
    if (entry.isAsked) return;
    entry.isAsked = true;
    const { clock } = this.#ports;
    const restsMs = entry.restsUntil - clock.monotonic();
    if (restsMs <= 0) this.#push(entry);
    else
      clock.sleep(restsMs, signal).then(
        () => this.#push(entry),
        () => undefined,
      );
  }

  #push(entry: Entry): void {
    this.#queue.push(entry);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** What no watch tells of is read now and then. One object stands for all of its kind and namespace. */
  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, knowledge } = this.#ports;
    for (let delayMs = pollMs; !signal.aborted; delayMs = Math.min(delayMs * 2, maxPollMs)) {
      await clock.sleep(delayMs, signal);
      const groups = Map.groupBy(this.#entries, ({ ref }) => `${ref.group}/${ref.kind}/${ref.namespace}`);
      for (const entries of groups.values()) {
        const [sample] = entries;
        if (sample === undefined || (await knowledge.sight(sample.ref, signal)) !== undefined) continue;
        for (const entry of entries) this.#ask(entry, signal);
        delayMs = pollMs / 2;
      }
    }
  }
}
