import {
  type Artifact,
  type DeliveryRecord,
  type DesiredState,
  deliverySubject,
  deliveryText,
  isReady,
  type Kustomization,
  type StateStore,
} from '../../api/index.ts';
import type { Clock, EventBody, KubernetesObject, Stage, Subject } from '../../core/index.ts';
import { compileHealth, type HealthRule } from '../../health/index.ts';
import type { HealthOfDeliveries } from '../health/health-of-deliveries.ts';
import { wayBack } from '../journal/journal.ts';
import { journalled } from '../journal/journal-transition.ts';
import type { Lives } from '../journal/lives.ts';
import { beneath, keepDelivery, rolledBack } from '../journal/way-back-status.ts';
import type { DeliveryTarget } from '../places/delivery-target.ts';
import type { DeliveryTargets } from '../places/delivery-targets.ts';
import { goingTo } from '../places/going-to.ts';
import type { SourcesInForce } from '../sources/in-force.ts';
import { inStage, StageFailure } from '../stages/stage-failure.ts';
import { afterDeliveryFailure, newDeliveryRecord } from '../status/delivery-transition.ts';
import { claimEvents } from '../status/listed-condition.ts';
import { underSpec } from '../status/spec-hash.ts';
import { chooseRevision } from './choose-revision.ts';
import type { DeliveryEnd } from './delivery-end.ts';
import { type DeliveryPorts, type NeighbourQuestion, runDelivery } from './delivery-pipeline.ts';
import { DeliveryRun } from './delivery-run.ts';
import type { Fights } from './fights.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { TakingBack } from './taking-back.ts';
import { deletionOf, withDeletion } from './termination.ts';
import { withdrawDelivery } from './withdraw-delivery.ts';

interface DeliveryDeps {
  readonly ports: Omit<DeliveryPorts, 'target'>;
  readonly targets: DeliveryTargets;
  readonly crossNamespaceRefs: boolean;
  readonly sources: SourcesInForce;
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

/** A revision has failed, and what held before is not in force yet. */
function isOnItsWay({ journal }: DeliveryRecord): boolean {
  return wayBack(journal)?.stage === 'returning';
}

/** Applies deliveries. What is applied stays applied until something better was built. */
export class DeliveryReconciler {
  readonly #deps: DeliveryDeps;
  readonly #neighbourhood: Neighbourhood;
  readonly #takingBack: TakingBack;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
    this.#neighbourhood = new Neighbourhood({ ...deps, build: deps.ports.build });
    this.#takingBack = new TakingBack({ ...deps, neighbourhood: this.#neighbourhood });
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
    const record = keepDelivery(state, run.withFindings(ending, now), now);
    const error = transition.error ?? rolledBack(record);
    const told = [...transition.events, ...claimEvents(run.record, record)];
    for (const event of told) emit(deliverySubject(delivery.metadata), event);
    return {
      changed: run.changes,
      failures: record.failures,
      isHandingOver: run.isHandingOver,
      lookAgainMs: isBadNews ? 0 : run.nextMs,
      ...(error === undefined ? {} : { error, lacking: run.lacking }),
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

  /** As `withdrawDelivery`. */
  withdraw(before: DeliveryRecord, desired: DesiredState, signal: AbortSignal): Promise<DeliveryEnd> {
    return withdrawDelivery({ ...this.#deps, takingBack: this.#takingBack }, before, desired, signal);
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
    const neighbours: NeighbourQuestion = async () =>
      run.met(await this.#neighbourhood.of(delivery, offered, desired, signal));
    const request = { delivery, desired, artifact, inventory: run.inventory, neighbours, isReturning };
    const ports = { ...this.#deps.ports, target: at.target };
    const { objects, outcome } = await runDelivery(ports, request, run, signal);
    run.end(outcome);
    const { metadata: owner, spec } = delivery;
    const instead = { at, inventory: run.inventory };
    await this.#takingBack.former({ owner, desired, prune: spec.prune, instead }, run, signal);
    return { artifact, objects, rule, at };
  }
}
