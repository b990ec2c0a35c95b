import {
  type DesiredState,
  findNamed,
  inventoryId,
  type Kustomization,
  type OciRepository,
} from '../api/index.ts';
import { asSealiftError, type ObjectRef } from '../core/index.ts';
import { isWaiting } from './delivery-transition.ts';
import { dependants } from './dependencies.ts';
import { type AgentParts, createReconcilers, type Reconcilers } from './reconcilers.ts';
import { firstPollDelay, nextRunDelay, retryDelay } from './schedule.ts';
import { siteSubject as site } from './subjects.ts';
import { withdrawn, withdrawnSources } from './withdrawn.ts';
import { parseWorkKey, type Work, workKey } from './work-key.ts';
import { WorkQueue } from './work-queue.ts';

/** Polls at once, and deliveries at once: Flux's default, and enough to keep a thin link busy. */
const concurrency = 4;

/** Pause before a broken watch is tried again; until then deliveries are looked at by their interval. */
const watchRetryMs = 5_000;

/** A withdrawal that fails is tried again at least this often: its delivery has no interval any more. */
const withdrawIntervalMs = 10 * 60_000;

interface Named {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/**
 * The agent at work: sources polled by timer, deliveries moved by events (a new artifact, a new configuration, a changed object, a dependency
 * that became ready), each waiting as a state and never as a worker.
 */
export class Engine {
  readonly #parts: AgentParts;
  readonly #reconcilers: Reconcilers;
  /** Apart, so that registries that do not answer hold no worker that drift waits for. */
  readonly #polls: WorkQueue;
  readonly #applies: WorkQueue;
  readonly #stop = new AbortController();
  /** Deliveries that an object of another delivery stood in the way of; tried again when something was deleted. */
  readonly #blocked = new Set<string>();
  #desired: DesiredState;

  constructor(parts: AgentParts, desired: DesiredState) {
    this.#parts = parts;
    this.#desired = desired;
    this.#reconcilers = createReconcilers(parts);
    const options = {
      clock: parts.clock,
      concurrency,
      work: (key: string): Promise<number | undefined> => this.#work(parseWorkKey(key)),
    };
    this.#polls = new WorkQueue(options);
    this.#applies = new WorkQueue(options);
  }

  /** Works until the signal aborts; then resolves as soon as no work is under way. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#stop.abort(signal.reason), { once: true });
    if (signal.aborted) this.#stop.abort(signal.reason);
    for (const source of this.#desired.sources) this.#addSource(source, this.#firstDelay(source));
    for (const delivery of this.#desired.deliveries) this.#addDelivery(delivery);
    this.#addWithdrawn();
    await this.#watchTarget();
    for (const queue of [this.#polls, this.#applies]) queue.close();
    await Promise.all([this.#polls.idle(), this.#applies.idle()]);
  }

  /** Takes another configuration into force. Everything is looked at again; what is unchanged ends in nothing to do. */
  replace(desired: DesiredState): void {
    this.#desired = desired;
    for (const source of desired.sources) this.#addSource(source, 0);
    for (const delivery of desired.deliveries) this.#addDelivery(delivery);
    this.#addWithdrawn();
  }

  #firstDelay(source: OciRepository): number {
    const { layer } = this.#reconcilers.sources.record(source);
    return firstPollDelay(source.spec.interval, layer !== undefined, this.#parts.random.next());
  }

  #addSource({ metadata, spec }: OciRepository, delayMs: number): void {
    if (!spec.suspend) this.#polls.add(workKey({ kind: 'source', ...metadata }), delayMs);
  }

  #addDelivery({ metadata }: Kustomization): void {
    this.#applies.add(workKey({ kind: 'delivery', ...metadata }));
  }

  /** What left the configuration, under the keys it always had: a run that is under way ends before its object is forgotten. */
  #addWithdrawn(): void {
    const { state } = this.#parts;
    for (const record of withdrawn(state.deliveries(), this.#desired))
      this.#applies.add(workKey({ kind: 'delivery', ...record }));
    for (const record of withdrawnSources(state.sources(), this.#desired))
      this.#polls.add(workKey({ kind: 'source', ...record }));
  }

  /** Does one piece of work; says when to come again. What breaks outside the stages (a full disk) is told and tried again. */
  async #work(work: Work): Promise<number | undefined> {
    try {
      return await this.#perform(work);
    } catch (thrown) {
      if (this.#stop.signal.aborted) return undefined;
      const { code, message } = asSealiftError(thrown, workKey(work));
      this.#reconcilers.emit(site, { kind: 'failed', stage: 'apply', code, message });
      return watchRetryMs;
    }
  }

  async #perform({ kind, namespace, name }: Work): Promise<number | undefined> {
    switch (kind) {
      case 'source': {
        const source = findNamed(this.#desired.sources, namespace, name);
        if (source !== undefined) return source.spec.suspend ? undefined : this.#poll(source);
        this.#parts.state.removeSource(namespace, name);
        return undefined;
      }
      case 'delivery': {
        const delivery = findNamed(this.#desired.deliveries, namespace, name);
        if (delivery === undefined) return this.#withdraw({ namespace, name });
        if (!delivery.spec.suspend) return this.#apply(delivery);
        this.#reconcilers.deliveries.hold(delivery);
        return undefined;
      }
    }
  }

  async #withdraw(key: Omit<Work, 'kind'>): Promise<number | undefined> {
    const isIt = (record: Omit<Work, 'kind'>): boolean =>
      record.namespace === key.namespace && record.name === key.name;
    const record = withdrawn(this.#parts.state.deliveries(), this.#desired).find(isIt);
    if (record === undefined) return undefined;
    const { error, failures } = await this.#reconcilers.deliveries.withdraw(record, this.#stop.signal);
    this.#unblock();
    return error === undefined
      ? undefined
      : retryDelay(failures, withdrawIntervalMs, this.#parts.random.next());
  }

  async #poll(source: OciRepository): Promise<number> {
    const { changed, error, failures } = await this.#reconcilers.sources.reconcile(
      source,
      this.#desired,
      this.#stop.signal,
    );
    if (changed) for (const delivery of this.#deliveriesOf(source)) this.#addDelivery(delivery);
    const random = this.#parts.random.next();
    const { interval } = source.spec;
    return error === undefined ? nextRunDelay(interval, random) : retryDelay(failures, interval, random);
  }

  async #apply(delivery: Kustomization): Promise<number> {
    const { changed, error, failures } = await this.#reconcilers.deliveries.reconcile(
      delivery,
      this.#desired,
      this.#stop.signal,
    );
    const key = workKey({ kind: 'delivery', ...delivery.metadata });
    if (error?.code === 'TARGET_CONFLICT') this.#blocked.add(key);
    else this.#blocked.delete(key);
    if (changed > 0) this.#unblock();
    if (error === undefined) this.#wake(dependants(delivery.metadata, this.#desired.deliveries));
    const random = this.#parts.random.next();
    const { interval, retryInterval } = delivery.spec;
    if (error === undefined || isWaiting(error)) return nextRunDelay(interval, random);
    return retryInterval ?? retryDelay(failures, interval, random);
  }

  /** Wakes deliveries that wait for another one; those that are ready have no need of it. */
  #wake(deliveries: readonly Kustomization[]): void {
    for (const delivery of deliveries) {
      const { status } = this.#reconcilers.deliveries.record(delivery);
      const waits = status.conditions.some(
        ({ type, reason }) => type === 'Ready' && reason === 'DependencyNotReady',
      );
      if (waits) this.#addDelivery(delivery);
    }
  }

  #unblock(): void {
    for (const key of this.#blocked) this.#applies.add(key);
    this.#blocked.clear();
  }

  #deliveriesOf({ metadata }: Named): readonly Kustomization[] {
    return this.#desired.deliveries.filter(({ spec, metadata: own }) => {
      const namespace = spec.sourceRef.namespace ?? own.namespace;
      return spec.sourceRef.name === metadata.name && namespace === metadata.namespace;
    });
  }

  /** Watches the target until the engine stops; a watch that breaks is told and begun again. */
  async #watchTarget(): Promise<void> {
    const { target, clock } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await target.watch((ref) => this.#objectChanged(ref), signal);
      } catch (thrown) {
        if (signal.aborted) return;
        const { code, message } = asSealiftError(thrown, target.description, 'TARGET_FAILED');
        this.#reconcilers.emit(site, { kind: 'failed', stage: 'apply', code, message });
        await clock.sleep(watchRetryMs, signal).catch(() => undefined);
      }
    }
  }

  /** An object changed by some hand: whoever owns it looks at it again. */
  #objectChanged(ref: ObjectRef | undefined): void {
    const id = ref === undefined ? undefined : inventoryId(ref);
    for (const delivery of this.#desired.deliveries) {
      const entries = this.#reconcilers.deliveries.record(delivery).status.inventory?.entries ?? [];
      if (id === undefined || entries.some((entry) => entry.id === id)) this.#addDelivery(delivery);
    }
  }
}
