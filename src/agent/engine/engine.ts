import {
  type DesiredState,
  findNamed,
  inventoryId,
  isReady,
  type Kustomization,
  type OciRepository,
} from '../../api/index.ts';
import { asSealiftError, type ObjectRef, type SealiftError, siteSubject } from '../../core/index.ts';
import { dependants, judgesByExpression } from '../deliveries/dependencies.ts';
import type { DeliveryEnd } from '../deliveries/reconcile-delivery.ts';
import { withdrawalFault, withdrawn, withdrawnSources } from '../deliveries/withdrawn.ts';
import { housekeepingDelayMs, housekeepingRetryMs, inForce } from '../housekeeping/housekeeping.ts';
import { Quiet } from '../housekeeping/quiet.ts';
import { wayBack } from '../journal/journal.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import { createReconcilers, type Reconcilers } from '../parts/reconcilers.ts';
import { Complaints } from '../queue/complaints.ts';
import { deliveryLane, pollLane, withdrawalLane } from '../queue/lanes.ts';
import { PollPauses } from '../queue/poll-pauses.ts';
import { firstPollDelay, nextRunDelay, retryDelay } from '../queue/schedule.ts';
import { parseWorkKey, type Work, workKey } from '../queue/work-key.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { isWaiting } from '../status/delivery-transition.ts';

/** Polls of one host at once, and deliveries at once: Flux's default, and enough to keep a thin link busy. */
const concurrency = 4;

/** Deliveries to other clusters at once, of one and of all: clusters that are away hold no worker of those that are there. */
const perCluster = 2;
const toOtherClusters = 8;

/** Judgements at once: each is a moment of computing, and now and then a question to a registry. */
const judgements = 4;

/** Polls at once: one registry that is slow, however many sources it has, leaves places for the others. */
const polls = 6;

/**
 * What has no interval of its own (a watch, a withdrawal, the state on disk) is tried again at least this often. A source that left the
 * configuration is forgotten after as long: its name may have been mistyped.
 */
const siteIntervalMs = 10 * 60_000;

const minJudgementDelayMs = 1_000;

/** What could not be judged is tried again this soon: its deliveries are held back, and a registry that is away is asked no more than twice a minute. */
const judgementRetryMs = 30_000;

const housekeeping = workKey({ kind: 'housekeeping', namespace: '', name: '' });

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
  /** Apart, so that what is in force is judged again while registries do not answer. */
  readonly #judgements: WorkQueue;
  readonly #applies: WorkQueue;
  /** Nothing is built while the disk is tidied: a tree must not go from under a build. */
  readonly #quiet = new Quiet();
  readonly #stop = new AbortController();
  /** Deliveries that an object of another delivery stood in the way of; tried again when something was deleted. */
  readonly #blocked = new Set<string>();
  /** Deliveries with objects that another one takes over, or may take over; looked at again when one has changed something, or works again. */
  readonly #handingOver = new Set<string>();
  /** Deliveries that left the configuration and wait until their objects are gone; looked at again when one of these changes. */
  readonly #terminating = new Set<string>();
  /** How often they were woken. */
  #handoverWakes = 0;
  /** Sources that left the configuration, with the moment on the monotonic clock when that was seen. */
  readonly #missing = new Map<string, number>();
  readonly #pauses: PollPauses;
  /** What broke outside the stages and has not worked since. */
  readonly #complaints: Complaints;
  #desired: DesiredState;

  constructor(parts: AgentParts, desired: DesiredState) {
    this.#parts = parts;
    this.#desired = desired;
    this.#reconcilers = createReconcilers(parts, (delivery) => this.#moved(delivery));
    this.#pauses = new PollPauses(parts.clock);
    this.#complaints = new Complaints({
      tell: (event) => this.#reconcilers.emit(siteSubject, event),
      maxDelayMs: siteIntervalMs,
      random: () => parts.random.next(),
    });
    const options = {
      clock: parts.clock,
      work: (key: string): Promise<number | undefined> => this.#work(parseWorkKey(key)),
    };
    this.#polls = new WorkQueue({ ...options, concurrency: polls, perLane: concurrency });
    this.#judgements = new WorkQueue({ ...options, concurrency: judgements });
    this.#applies = new WorkQueue({ ...options, concurrency, perLane: perCluster, laned: toOtherClusters });
  }

  /** Works until the signal aborts; then resolves as soon as no work is under way. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#stop.abort(signal.reason), { once: true });
    if (signal.aborted) this.#stop.abort(signal.reason);
    this.#polls.add(housekeeping);
    this.replace(this.#desired);
    const { targets, health } = this.#reconcilers;
    await targets.watch(
      {
        changed: (key, ref) => this.#objectChanged(key, ref),
        broken: (key, error) => this.#complaints.add(`watch ${key}`, error),
      },
      this.#stop.signal,
    );
    health.close();
    const queues = [this.#polls, this.#judgements, this.#applies];
    for (const queue of queues) queue.close();
    await Promise.all(queues.map((queue) => queue.idle()));
    this.#endLife();
    await targets.close();
  }

  /** What cannot be written now is counted as a death: told, and no reason not to end. */
  #endLife(): void {
    try {
      this.#reconcilers.lives.end();
    } catch (thrown) {
      this.#complaints.add('end', asSealiftError(thrown, 'end'));
    }
  }

  /**
   * Takes another configuration into force. Deliveries are all looked at again, which asks nobody; sources are polled at once where spec or
   * trust are new, and go on by their timers elsewhere. What is in force under other policies or keys is judged first.
   */
  replace(desired: DesiredState): void {
    this.#desired = desired;
    for (const source of desired.sources) this.#addSource(source);
    for (const delivery of desired.deliveries)
      if (!this.#awaitsJudgement(delivery)) this.#addDelivery(delivery);
    this.#addWithdrawn();
  }

  /** Something changed beside the configuration that verdicts rest on, such as trusted roots: what rests on it is judged again. */
  judgeAgain(): void {
    this.replace(this.#desired);
  }

  /** A poll that is due earlier stays due. What a suspended source has in force is judged like any other. */
  #addSource(source: OciRepository): void {
    const { metadata, spec } = source;
    this.#addJudgement(source);
    const settled = !spec.suspend && this.#reconcilers.sources.isSettled(source, this.#desired);
    const delayMs = firstPollDelay(spec.interval, settled, this.#parts.random.next());
    this.#polls.add(workKey({ kind: 'source', ...metadata }), delayMs, pollLane(spec.url));
  }

  /** Asks for the judgement that is due now or at some time; its end wakes the deliveries of the source. */
  #addJudgement(source: OciRepository): void {
    const delayMs = this.#reconcilers.sources.judgementDelay(source, this.#desired);
    if (delayMs !== undefined)
      this.#judgements.add(workKey({ kind: 'judgement', ...source.metadata }), delayMs);
  }

  #awaitsJudgement({ metadata, spec: { sourceRef } }: Kustomization): boolean {
    const namespace = sourceRef.namespace ?? metadata.namespace;
    return this.#judgements.isDue(workKey({ kind: 'judgement', namespace, name: sourceRef.name }));
  }

  #addDelivery(delivery: Kustomization): void {
    const { namespace, name } = delivery.metadata;
    const lane = deliveryLane(delivery, this.#parts.state.deliveries.find(namespace, name));
    this.#applies.add(workKey({ kind: 'delivery', namespace, name }), 0, lane);
  }

  /** What left the configuration, under the keys it always had: a run that is under way ends before its object is forgotten. */
  #addWithdrawn(): void {
    const { state, withdrawAll } = this.#parts;
    const fault = withdrawalFault(state.deliveries.all(), this.#desired, withdrawAll);
    if (fault !== undefined) {
      this.#complaints.add('withdrawal', fault);
      return;
    }
    this.#complaints.end('withdrawal');
    for (const record of withdrawn(state.deliveries.all(), this.#desired))
      this.#applies.add(workKey({ kind: 'delivery', ...record }), 0, withdrawalLane(record));
    for (const record of withdrawnSources(state.sources.all(), this.#desired))
      this.#polls.add(workKey({ kind: 'source', ...record }));
  }

  /** Does one piece of work; says when to come again. What breaks outside the stages (a full disk) is told and tried again. */
  async #work(work: Work): Promise<number | undefined> {
    const key = workKey(work);
    try {
      const nextMs = await this.#perform(work);
      this.#complaints.end(key);
      return nextMs;
    } catch (thrown) {
      return this.#stop.signal.aborted ? undefined : this.#complaints.add(key, asSealiftError(thrown, key));
    }
  }

  async #perform({ kind, namespace, name }: Work): Promise<number | undefined> {
    switch (kind) {
      case 'source':
        return this.#performSource({ kind, namespace, name });
      case 'judgement': {
        const source = findNamed(this.#desired.sources, namespace, name);
        return source === undefined ? undefined : this.#judge(source);
      }
      case 'delivery': {
        const delivery = findNamed(this.#desired.deliveries, namespace, name);
        if (delivery === undefined) return this.#withdraw({ namespace, name });
        if (!delivery.spec.suspend) return this.#quiet.beside(() => this.#apply(delivery));
        this.#reconcilers.deliveries.hold(delivery);
        return undefined;
      }
      case 'housekeeping':
        return this.#quiet.alone(() => this.#keepHouse()) ?? housekeepingRetryMs;
    }
  }

  async #performSource(work: Work): Promise<number | undefined> {
    const source = findNamed(this.#desired.sources, work.namespace, work.name);
    if (source === undefined) return this.#forgetSource(work);
    this.#missing.delete(workKey(work));
    if (!source.spec.suspend) return this.#poll(source);
    this.#reconcilers.sources.hold(source);
    return undefined;
  }

  async #keepHouse(): Promise<number | undefined> {
    const { housekeeping, state } = this.#parts;
    return housekeeping?.collect(inForce(state.sources.all(), state.deliveries.all()), this.#stop.signal);
  }

  /** Forgets a source that has been out of the configuration for long: its name may have been mistyped, or the configuration refused. */
  #forgetSource(source: Work): number | undefined {
    const { state, clock, withdrawAll } = this.#parts;
    const key = workKey(source);
    const since = this.#missing.get(key) ?? clock.monotonic();
    this.#missing.set(key, since);
    const isRefused = withdrawalFault(state.deliveries.all(), this.#desired, withdrawAll) !== undefined;
    if (isRefused || clock.monotonic() - since < siteIntervalMs) return siteIntervalMs;
    this.#missing.delete(key);
    this.#pauses.forget(key);
    state.sources.remove(source.namespace, source.name);
    this.#polls.add(housekeeping, housekeepingDelayMs);
    return undefined;
  }

  async #withdraw({ namespace, name }: Omit<Work, 'kind'>): Promise<number | undefined> {
    const record = this.#parts.state.deliveries.find(namespace, name);
    if (record === undefined) return undefined;
    const { deliveries } = this.#reconcilers;
    const wakes = this.#handoverWakes;
    const key = workKey({ kind: 'delivery', namespace, name });
    // What goes while this is under way is not missed.
    this.#terminating.add(key);
    const end = await deliveries.withdraw(record, this.#desired, this.#stop.signal);
    const { error, failures, isHandingOver, lookAgainMs } = end;
    if (lookAgainMs === undefined) this.#terminating.delete(key);
    this.#noteHandover(key, end, wakes);
    if (end.changed > 0 || !isHandingOver) this.#wakeHandovers(key);
    this.#unblock();
    if (error === undefined) return lookAgainMs ?? (isHandingOver ? siteIntervalMs : undefined);
    return retryDelay(failures, siteIntervalMs, this.#parts.random.next());
  }

  async #poll(source: OciRepository): Promise<number> {
    const pauseMs = this.#pauses.remaining(source);
    if (pauseMs > 0) return pauseMs;
    const { changed, error, failures } = await this.#reconcilers.sources.reconcile(
      source,
      this.#desired,
      this.#stop.signal,
    );
    if (changed) this.#wakeDeliveriesOf(source);
    // What could not be judged is tried again by its own timer, not at every poll.
    if (changed || this.#reconcilers.sources.standing(source, this.#desired) === 'good')
      this.#addJudgement(source);
    const delayMs = this.#nextDelay(error, failures, source.spec.interval);
    return this.#pauses.learn(source, error, { delayMs, random: this.#parts.random.next() });
  }

  async #judge(source: OciRepository): Promise<number | undefined> {
    const { sources } = this.#reconcilers;
    const { changed, error } = await sources.judge(source, this.#desired, this.#stop.signal);
    if (changed) this.#wakeDeliveriesOf(source);
    if (error === undefined || sources.standing(source, this.#desired) !== 'unjudged') {
      const delayMs = sources.judgementDelay(source, this.#desired);
      // A verdict that ends at the moment it is made must not be made over and over.
      return delayMs === undefined ? undefined : Math.max(delayMs, minJudgementDelayMs);
    }
    // What only another configuration can mend is looked at again when that comes.
    const retryMs = error.retryable ? judgementRetryMs : siteIntervalMs;
    return nextRunDelay(Math.max(error.retryAfterMs ?? 0, retryMs), this.#parts.random.next());
  }

  #wakeDeliveriesOf(source: OciRepository): void {
    for (const delivery of this.#deliveriesOf(source)) this.#addDelivery(delivery);
    this.#polls.add(housekeeping, housekeepingDelayMs);
  }

  /** By the interval after success, and after a fault that only another input can mend; sooner after one that time may heal. */
  #nextDelay(error: SealiftError | undefined, failures: number, intervalMs: number): number {
    const random = this.#parts.random.next();
    const heals = error?.retryable === true && !isWaiting(error);
    return heals ? retryDelay(failures, intervalMs, random) : nextRunDelay(intervalMs, random);
  }

  async #apply(delivery: Kustomization): Promise<number> {
    const { deliveries } = this.#reconcilers;
    const wasReady = isReady(deliveries.record(delivery).status.conditions);
    const wakes = this.#handoverWakes;
    const end = await deliveries.reconcile(delivery, this.#desired, this.#stop.signal);
    const { changed, error } = end;
    const key = workKey({ kind: 'delivery', ...delivery.metadata });
    this.#noteHandover(key, end, wakes);
    this.#terminating.delete(key);
    if (changed > 0 || (error === undefined && !wasReady)) this.#wakeHandovers(key);
    if (error?.code === 'TARGET_CONFLICT') this.#blocked.add(key);
    else this.#blocked.delete(key);
    if (changed > 0) this.#unblock();
    this.#wakeDependants(delivery.metadata);
    return Math.min(this.#nextRun(delivery, end), end.lookAgainMs ?? Number.POSITIVE_INFINITY);
  }

  #nextRun({ spec }: Kustomization, { error, failures }: DeliveryEnd): number {
    const { interval, retryInterval } = spec;
    if (error !== undefined && !isWaiting(error) && retryInterval !== undefined) return retryInterval;
    return this.#nextDelay(error, failures, interval);
  }

  /** The health of a delivery has changed what it says: others may go on, or it goes back itself. */
  #moved(delivery: Omit<Work, 'kind'>): void {
    const { namespace, name } = delivery;
    const { journal } = this.#parts.state.deliveries.find(namespace, name) ?? {};
    if (wayBack(journal)?.stage === 'returning')
      this.#applies.add(workKey({ kind: 'delivery', namespace, name }));
    this.#wakeDependants(delivery);
  }

  #wakeDependants({ namespace, name }: Omit<Work, 'kind'>): void {
    const waiting = dependants({ namespace, name }, this.#desired.deliveries);
    const { status } = this.#parts.state.deliveries.find(namespace, name) ?? {};
    this.#wake(isReady(status?.conditions ?? []) ? waiting : waiting.filter(judgesByExpression));
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

  /** `wakes` as they were when the run began: one that fell into it is made up for. */
  #noteHandover(key: string, { isHandingOver }: DeliveryEnd, wakes: number): void {
    if (!isHandingOver) this.#handingOver.delete(key);
    else if (this.#handoverWakes === wakes) this.#handingOver.add(key);
    else this.#applies.add(key);
  }

  #wakeHandovers(by: string): void {
    this.#handoverWakes += 1;
    for (const key of this.#handingOver) {
      if (key === by) continue;
      this.#handingOver.delete(key);
      this.#applies.add(key);
    }
  }

  #deliveriesOf({ metadata }: Named): readonly Kustomization[] {
    return this.#desired.deliveries.filter(({ spec, metadata: own }) => {
      const namespace = spec.sourceRef.namespace ?? own.namespace;
      return spec.sourceRef.name === metadata.name && namespace === metadata.namespace;
    });
  }

  /** An object changed by some hand: whoever owns it looks at it again. */
  #objectChanged(key: string, ref: ObjectRef | undefined): void {
    this.#complaints.end(`watch ${key}`);
    const id = ref === undefined ? undefined : inventoryId(ref);
    for (const delivery of this.#desired.deliveries) {
      const { namespace, name } = delivery.metadata;
      if (!this.#reconcilers.targets.isAt({ namespace, name }, key)) continue;
      const { status, former = [] } = this.#parts.state.deliveries.find(namespace, name) ?? {};
      const owned = [status?.inventory?.entries ?? [], ...former.map(({ entries }) => entries)];
      const owns = owned.some((entries) => entries.some((entry) => entry.id === id));
      if (id === undefined || owns) this.#addDelivery(delivery);
    }
    for (const key of this.#terminating) this.#applies.add(key);
  }
}
