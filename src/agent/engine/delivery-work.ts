import {
  askedSource,
  type DesiredState,
  findNamed,
  inventoryId,
  isReady,
  type Kustomization,
  type OciRepository,
} from '../../api/index.ts';
import type { ObjectRef } from '../../core/index.ts';
import type { DeliveryEnd } from '../deliveries/delivery-end.ts';
import { dependants, judgesByExpression } from '../deliveries/dependencies.ts';
import { withdrawn } from '../deliveries/withdrawn.ts';
import { wayBack } from '../journal/journal.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import type { Reconcilers } from '../parts/reconcilers.ts';
import { deliveryLane, withdrawalLane } from '../queue/lanes.ts';
import { afterRunDelay, retryDelay, siteIntervalMs } from '../queue/schedule.ts';
import { type Work, workKey } from '../queue/work-key.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import { isWaiting } from '../status/delivery-transition.ts';
import { Waits } from './waits.ts';

type Key = Omit<Work, 'kind'>;

interface DeliveryWorkDeps {
  readonly parts: Pick<AgentParts, 'state' | 'random'>;
  readonly reconcilers: Pick<Reconcilers, 'deliveries' | 'targets'>;
  readonly applies: WorkQueue;
  readonly signal: AbortSignal;
  /** What is in force now: it may be another one when a run ends. */
  readonly desired: () => DesiredState;
}

function keyOf({ namespace, name }: Key): string {
  return workKey({ kind: 'delivery', namespace, name });
}

/** When deliveries are applied and taken back: what happens to one wakes those that wait for it. */
export class DeliveryWork {
  readonly #deps: DeliveryWorkDeps;
  readonly #waits: Waits;

  constructor(deps: DeliveryWorkDeps) {
    this.#deps = deps;
    this.#waits = new Waits((key) => deps.applies.add(key));
  }

  add(delivery: Kustomization): void {
    const { applies, parts } = this.#deps;
    const { namespace, name } = delivery.metadata;
    const lane = deliveryLane(delivery, parts.state.deliveries.find(namespace, name));
    applies.add(keyOf(delivery.metadata), 0, lane);
  }

  /** Those that left the configuration, under the keys they always had: a run that is under way ends before its object is forgotten. */
  addWithdrawn(): void {
    const { applies, parts, desired } = this.#deps;
    for (const record of withdrawn(parts.state.deliveries.all(), desired()))
      applies.add(keyOf(record), 0, withdrawalLane(record));
  }

  addOf({ metadata }: OciRepository): void {
    for (const delivery of this.#deps.desired().deliveries) {
      const { namespace, name } = askedSource(delivery);
      if (name === metadata.name && namespace === metadata.namespace) this.add(delivery);
    }
  }

  /** Applies a delivery, or takes it back. Gives the milliseconds until it is to be done again. */
  async perform({ namespace, name }: Key): Promise<number | undefined> {
    const delivery = findNamed(this.#deps.desired().deliveries, namespace, name);
    if (delivery === undefined) return this.#withdraw({ namespace, name });
    if (!delivery.spec.suspend) return this.#apply(delivery);
    this.#deps.reconcilers.deliveries.hold(delivery);
    return undefined;
  }

  /** The health of a delivery has changed what it says: others may go on, or it goes back itself. */
  moved(delivery: Key): void {
    const { journal } = this.#deps.parts.state.deliveries.find(delivery.namespace, delivery.name) ?? {};
    if (wayBack(journal)?.stage === 'returning') this.#deps.applies.add(keyOf(delivery));
    this.#wakeDependants(delivery);
  }

  /** An object changed by some hand: whoever owns it, or could not make it, looks at it again. `key` is that of the target. */
  objectChanged(key: string, ref: ObjectRef | undefined): void {
    const { reconcilers, desired } = this.#deps;
    const id = ref === undefined ? undefined : inventoryId(ref);
    for (const delivery of desired().deliveries) {
      const { namespace, name } = delivery.metadata;
      if (!reconcilers.targets.isAt({ namespace, name }, key)) continue;
      if (id === undefined || this.#owns(delivery, id) || this.#waits.lacks(keyOf({ namespace, name }), id))
        this.add(delivery);
    }
    this.#waits.wakeTerminating();
  }

  #owns({ metadata }: Kustomization, id: string): boolean {
    const record = this.#deps.parts.state.deliveries.find(metadata.namespace, metadata.name);
    const owned = [
      record?.status.inventory?.entries ?? [],
      ...(record?.former ?? []).map(({ entries }) => entries),
    ];
    return owned.some((entries) => entries.some((entry) => entry.id === id));
  }

  async #apply(delivery: Kustomization): Promise<number> {
    const { reconcilers, desired, signal } = this.#deps;
    const { deliveries } = reconcilers;
    const wasReady = isReady(deliveries.record(delivery).status.conditions);
    const { wakes } = this.#waits;
    const end = await deliveries.reconcile(delivery, desired(), signal);
    const { changed, error } = end;
    const key = keyOf(delivery.metadata);
    this.#waits.handOver(key, { ...end, wakes });
    this.#waits.terminate(key, false);
    if (changed > 0 || (error === undefined && !wasReady)) this.#waits.wakeHandovers(key);
    this.#waits.block(key, error?.code === 'TARGET_CONFLICT');
    this.#waits.lack(key, end.lacking);
    if (changed > 0) this.#waits.unblock();
    this.#wakeDependants(delivery.metadata);
    return Math.min(this.#nextRun(delivery, end), end.lookAgainMs ?? Number.POSITIVE_INFINITY);
  }

  async #withdraw(delivery: Key): Promise<number | undefined> {
    const { reconcilers, parts, desired, signal } = this.#deps;
    const record = parts.state.deliveries.find(delivery.namespace, delivery.name);
    if (record === undefined) return undefined;
    const { wakes } = this.#waits;
    const key = keyOf(delivery);
    this.#waits.lack(key);
    // What goes while this is under way is not missed.
    this.#waits.terminate(key, true);
    const end = await reconcilers.deliveries.withdraw(record, desired(), signal);
    const { error, failures, isHandingOver, lookAgainMs } = end;
    if (lookAgainMs === undefined) this.#waits.terminate(key, false);
    this.#waits.handOver(key, { ...end, wakes });
    if (end.changed > 0 || !isHandingOver) this.#waits.wakeHandovers(key);
    this.#waits.unblock();
    if (error === undefined) return lookAgainMs ?? (isHandingOver ? siteIntervalMs : undefined);
    return retryDelay(failures, siteIntervalMs, parts.random.next());
  }

  #nextRun({ spec }: Kustomization, end: DeliveryEnd): number {
    const { interval, retryInterval } = spec;
    const { error } = end;
    if (error !== undefined && !isWaiting(error) && retryInterval !== undefined) return retryInterval;
    return afterRunDelay(end, interval, this.#deps.parts.random.next());
  }

  /** Wakes deliveries that wait for this one; those that are ready have no need of it. */
  #wakeDependants({ namespace, name }: Key): void {
    const { parts, reconcilers, desired } = this.#deps;
    const all = dependants({ namespace, name }, desired().deliveries);
    const { status } = parts.state.deliveries.find(namespace, name) ?? {};
    for (const delivery of isReady(status?.conditions ?? []) ? all : all.filter(judgesByExpression)) {
      const { conditions } = reconcilers.deliveries.record(delivery).status;
      const waits = conditions.some(
        ({ type, reason }) => type === 'Ready' && reason === 'DependencyNotReady',
      );
      if (waits) this.add(delivery);
    }
  }
}
