import { isDeepStrictEqual } from 'node:util';
import {
  type Artifact,
  type DeliveryRecord,
  type DesiredState,
  deliverySubject,
  deliveryText,
  isReady,
  type Kustomization,
  type ObjectName,
  type StateStore,
} from '../../api/index.ts';
import type { Clock, EventBody, KubernetesObject, SealiftError, Stage, Subject } from '../../core/index.ts';
import { compileHealth, type HealthRule } from '../../health/index.ts';
import type { HealthOfDeliveries } from '../health/health-of-deliveries.ts';
import { wayBack } from '../journal/journal.ts';
import { journalled } from '../journal/journal-transition.ts';
import type { Lives } from '../journal/lives.ts';
import { beneath, keepDelivery, rolledBack } from '../journal/way-back-status.ts';
import type { DeliveryTarget } from '../places/delivery-target.ts';
import type { DeliveryTargets } from '../places/delivery-targets.ts';
import { goingTo } from '../places/going-to.ts';
import type { SourceReconciler } from '../sources/reconcile-source.ts';
import { inStage, StageFailure } from '../stages/stage-failure.ts';
import {
  afterDeliveryFailure,
  afterWithdrawalFailure,
  newDeliveryRecord,
} from '../status/delivery-transition.ts';
import { withDepartures, withFights } from '../status/listed-condition.ts';
import { underSpec } from '../status/spec-hash.ts';
import { chooseRevision } from './choose-revision.ts';
import { type DeliveryPorts, type NeighbourQuestion, runDelivery } from './delivery-pipeline.ts';
import { DeliveryRun } from './delivery-run.ts';
import type { Fights } from './fights.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { beyondReach, type Leaving, leftBehind, takeBack } from './take-back.ts';
import { awaitTermination, deletionOf, withDeletion } from './termination.ts';

interface DeliveryDeps {
  readonly ports: Omit<DeliveryPorts, 'target'>;
  readonly targets: DeliveryTargets;
  readonly crossNamespaceRefs: boolean;
  readonly sources: SourceReconciler;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly emit: (subject: Subject, body: EventBody) => void;
  readonly health: HealthOfDeliveries;
  readonly lives: Lives;
  readonly fights: Fights;
}

/** What a run brought into the target, and how it is told whether that is healthy. */
interface Attempted {
  readonly artifact: Artifact;
  readonly objects: readonly KubernetesObject[];
  readonly rule: HealthRule;
  readonly at: DeliveryTarget;
}

/** How one run ended, for the schedule. */
export interface DeliveryEnd {
  /** Objects created, configured or deleted. */
  readonly changed: number;
  readonly failures: number;
  /** Objects stay that a neighbour takes over, or may take over: to be looked at again when that has happened. */
  readonly isHandingOver: boolean;
  /** In how many milliseconds an object that was left alone, or is deleted and not gone, is to be looked at again. */
  readonly lookAgainMs?: number | undefined;
  readonly error?: SealiftError;
}

/** A revision has failed, and what held before is not in force yet. */
function isOnItsWay({ journal }: DeliveryRecord): boolean {
  return wayBack(journal)?.stage === 'returning';
}

/** The record with what the run found of single objects; what it did not look at is as before. */
function withFindings(
  record: DeliveryRecord,
  { fights, departures }: DeliveryRun,
  now: number,
): DeliveryRecord {
  const fought = fights === undefined ? record : withFights(record, fights, now);
  return departures === undefined ? fought : withDepartures(fought, departures, now);
}

/** Applies deliveries. What is applied stays applied until something better was built. */
export class DeliveryReconciler {
  readonly #deps: DeliveryDeps;
  readonly #neighbourhood: Neighbourhood;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
    this.#neighbourhood = new Neighbourhood({ ...deps, build: deps.ports.build });
  }

  /** One run. Rejects only when the signal aborts or the state cannot be written. */
  async reconcile(delivery: Kustomization, desired: DesiredState, signal: AbortSignal): Promise<DeliveryEnd> {
    const { health, targets } = this.#deps;
    health.pause(delivery.metadata);
    try {
      return await this.#run(delivery, desired, signal);
    } finally {
      targets.settle(delivery.metadata);
      health.resume(delivery.metadata);
    }
  }

  async #run(delivery: Kustomization, desired: DesiredState, signal: AbortSignal): Promise<DeliveryEnd> {
    const { state, clock, emit, health, lives } = this.#deps;
    const started = clock.monotonic();
    const run = new DeliveryRun(beneath(this.record(delivery)), this.#deps);
    let stage: Stage = 'apply';
    const ended = await this.#attempt(delivery, desired, run, signal).then(
      ({ artifact, objects, rule, at }) => {
        const durationMs = clock.monotonic() - started;
        const applied = { artifact, objects, digest: run.digest, changed: run.changes, durationMs };
        return health.afterApply(run.cycle(delivery), applied, { rule, kept: run.kept, at });
      },
      (thrown) => {
        signal.throwIfAborted();
        if (!(thrown instanceof StageFailure)) throw thrown;
        stage = thrown.stage;
        health.afterFailure(run.record, run.revision);
        return afterDeliveryFailure(run.cycle(delivery), thrown, run.revision);
      },
    );
    const now = clock.now();
    const transition = journalled(ended, { revision: run.revision, stage, now });
    const isBadNews = isOnItsWay(transition.record) && !isOnItsWay(run.record);
    const ending = transition.error === undefined ? transition.record : lives.release(transition.record);
    const record = keepDelivery(state, withFindings(ending, run, now), now);
    const error = transition.error ?? rolledBack(record);
    for (const event of transition.events) emit(deliverySubject(delivery.metadata), event);
    return {
      changed: run.changes,
      failures: record.failures,
      isHandingOver: run.isHandingOver,
      lookAgainMs: isBadNews ? 0 : run.nextMs,
      ...(error === undefined ? {} : { error }),
    };
  }

  /** Notes the spec of a suspended delivery and does nothing else: when it leaves the configuration, its objects stay. */
  hold(delivery: Kustomization): void {
    const { state, health, targets } = this.#deps;
    health.end(delivery.metadata);
    targets.forget(delivery.metadata);
    const record = this.record(delivery);
    if (state.deliveries.find(record.namespace, record.name) === record) return;
    const { generation, status } = record;
    const observed = isReady(status.conditions) ? { ...status, observedGeneration: generation } : status;
    state.deliveries.save({ ...record, status: observed });
  }

  /**
   * Takes back what a delivery owned that left the configuration, then forgets it; what was to stay is only forgotten. When it fails, objects
   * are being handed over, or it waits until they are gone, the delivery is not forgotten.
   */
  async withdraw(before: DeliveryRecord, desired: DesiredState, signal: AbortSignal): Promise<DeliveryEnd> {
    const { state, clock, emit, health, targets } = this.#deps;
    const { namespace, name } = before;
    health.end(before);
    const run = new DeliveryRun(beneath(before), this.#deps);
    try {
      if (before.prune) await this.#takeBack({ namespace, name }, desired, run, signal);
      const { isHandingOver, departures = [] } = run;
      if (before.termination !== undefined && departures.length > 0) return this.#await(run, departures);
      this.#deps.fights.forget(before);
      if (!isHandingOver) {
        state.deliveries.remove(namespace, name);
        targets.forget(before);
      }
      return { changed: run.changes, failures: 0, isHandingOver };
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof StageFailure)) throw thrown;
      const { record, events } = afterWithdrawalFailure(run.record, clock.now(), thrown);
      keepDelivery(state, record, clock.now());
      for (const event of events) emit(deliverySubject(record), event);
      const { failures } = record;
      return { changed: run.changes, failures, isHandingOver: run.isHandingOver, error: thrown.error };
    }
  }

  #await(run: DeliveryRun, departures: readonly string[]): DeliveryEnd {
    const { state, clock, emit } = this.#deps;
    const now = { wall: clock.now(), machine: clock.monotonic() };
    const { transition, lookAgainMs } = awaitTermination(run.record, departures, now);
    const { record, events, error } = transition;
    const known = state.deliveries.find(record.namespace, record.name);
    if (!isDeepStrictEqual(known, record)) state.deliveries.save(record);
    for (const event of events) emit(deliverySubject(record), event);
    const { changes: changed, isHandingOver } = run;
    const end = { changed, failures: record.failures, isHandingOver, lookAgainMs };
    return error === undefined ? end : { ...end, error };
  }

  async #takeBack(
    owner: ObjectName,
    desired: DesiredState,
    run: DeliveryRun,
    signal: AbortSignal,
  ): Promise<void> {
    const { record } = run;
    const leaving = { owner, desired, place: record.place ?? {}, entries: run.inventory };
    run.end(await takeBack(this.#takingBack(owner), leaving, run, signal));
    await this.#leaveFormer({ owner, desired, prune: true }, run, signal);
  }

  /** Takes back what is still in places that the delivery has left; with `prune` off it stays there. */
  async #leaveFormer(
    { prune, ...whose }: Pick<Leaving, 'owner' | 'desired' | 'instead'> & { readonly prune: boolean },
    run: DeliveryRun,
    signal: AbortSignal,
  ): Promise<void> {
    const deps = this.#takingBack(whose.owner);
    for (const former of run.former) {
      const where = former.place.kubeConfig?.server ?? 'the cluster of the site';
      if (!prune) {
        deps.tell(leftBehind(former, `${where}: spec.prune is false`));
        run.leave(former, { inventory: [], moving: 0 });
        continue;
      }
      const hooks = run.hooksOf(former);
      const outcome = await takeBack(deps, { ...whose, ...former }, hooks, signal).catch((thrown) => {
        throw beyondReach(thrown, where);
      });
      run.leave(former, outcome);
    }
  }

  #takingBack(owner: ObjectName): Parameters<typeof takeBack>[0] {
    const { ports, targets, emit } = this.#deps;
    const tell = (event: EventBody): void => emit(deliverySubject(owner), event);
    return { ports, targets, neighbourhood: this.#neighbourhood, tell };
  }

  /** What is known of the delivery; with a new spec its generation is counted up, and what becomes of its objects follows that spec. */
  record(delivery: Kustomization): DeliveryRecord {
    const { name, namespace } = delivery.metadata;
    const record = this.#deps.state.deliveries.find(namespace, name) ?? newDeliveryRecord(delivery);
    return withDeletion(underSpec(record, delivery.spec), deletionOf(delivery));
  }

  async #attempt(
    delivery: Kustomization,
    desired: DesiredState,
    run: DeliveryRun,
    signal: AbortSignal,
  ): Promise<Attempted> {
    const subject = deliveryText(delivery.metadata);
    const { targets } = this.#deps;
    const at = await inStage('plan', subject, async () => targets.of(delivery, desired));
    run.goTo(goingTo(run.record, at, (place) => targets.clusterOf(place)));
    const rule = await inStage('health', subject, () =>
      compileHealth(delivery.spec.healthCheckExprs ?? [], subject),
    );
    const question = { delivery, desired, record: run.record };
    const choice = await inStage('resolve', subject, () => chooseRevision(this.#deps, question, signal));
    run.begin(choice.revision, choice.journal);
    const artifact = await inStage('resolve', subject, () => choice.tree(signal));
    const { offered = artifact, isReturning } = choice;
    const neighbours: NeighbourQuestion = () => this.#neighbourhood.of(delivery, offered, desired, signal);
    const request = { delivery, desired, artifact, inventory: run.inventory, neighbours, isReturning };
    const ports = { ...this.#deps.ports, target: at.target };
    const { objects, outcome } = await runDelivery(ports, request, run, signal);
    run.end(outcome);
    const { metadata: owner, spec } = delivery;
    const instead = { at, inventory: run.inventory };
    await this.#leaveFormer({ owner, desired, prune: spec.prune, instead }, run, signal);
    return { artifact, objects, rule, at };
  }
}
