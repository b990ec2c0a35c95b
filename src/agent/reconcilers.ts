import type { StateStore } from '../api/index.ts';
import {
  type Clock,
  type EventBody,
  type EventListener,
  type Random,
  type Subject,
  siteSubject,
  type Target,
} from '../core/index.ts';
import type { PlanListener } from './deliveries/delivery-pipeline.ts';
import { Fights } from './deliveries/fights.ts';
import { DeliveryReconciler } from './deliveries/reconcile-delivery.ts';
import { type HealthDeps, HealthOfDeliveries } from './health/health-of-deliveries.ts';
import type { Housekeeping } from './housekeeping.ts';
import { Lives } from './journal/lives.ts';
import { DeliveryTargets } from './places/delivery-targets.ts';
import type { PlaceOpener } from './places/place-opener.ts';
import { SiteTime } from './site-time.ts';
import { FreshnessGate } from './sources/freshness-gate.ts';
import { SourceReconciler } from './sources/reconcile-source.ts';
import type { SourceStages } from './sources/source-pipeline.ts';
import type { BuildStage } from './stages.ts';
import { sourceSubject } from './subjects.ts';

/** What an agent is made of. */
export interface AgentParts {
  readonly stages: SourceStages & { readonly build: BuildStage };
  /** Of the site: where deliveries go that name no other place. */
  readonly target: Target;
  /** Opens other places. Absent: deliveries that name one are refused. */
  readonly places?: PlaceOpener;
  /** Acts for deliveries that name no account. Absent: the agent itself does. */
  readonly defaultServiceAccount?: string;
  /** False: a delivery takes from a source in its own namespace alone. Default true. */
  readonly crossNamespaceRefs?: boolean;
  readonly state: StateStore;
  /** Absent: what is not in force any more stays on the disk. */
  readonly housekeeping?: Housekeeping;
  readonly clock: Clock;
  readonly random: Random;
  /** Lets a configuration without any delivery take back everything; without it that is refused. */
  readonly withdrawAll: boolean;
  /** Gets every plan, before it is carried out. Must not throw. */
  readonly planned?: PlanListener;
  /** Gets every event, in order. Must not throw. */
  readonly listener: EventListener;
}

export type Emit = (subject: Subject, body: EventBody) => void;

export interface Reconcilers {
  readonly sources: SourceReconciler;
  readonly deliveries: DeliveryReconciler;
  readonly health: HealthOfDeliveries;
  readonly targets: DeliveryTargets;
  readonly lives: Lives;
  readonly emit: Emit;
}

/** `moved`: the status of a delivery changed without a run. */
export function createReconcilers(parts: AgentParts, moved: HealthDeps['moved']): Reconcilers {
  const { stages, state, clock, random, listener, planned } = parts;
  const emit: Emit = (subject, body) => listener({ ...body, subject, at: clock.now() });
  const time = new SiteTime({
    clock,
    memory: state.time,
    behind: (moments) => emit(siteSubject, { kind: 'clock-behind', ...moments }),
  });
  const sources = new SourceReconciler({
    time,
    gate: new FreshnessGate({ stage: stages.freshness, floors: state.floors, time }),
    stages,
    state,
    clock,
    emit: (source, body) => emit(sourceSubject(source), body),
  });
  const health = new HealthOfDeliveries({ state, clock, random, emit, moved });
  const targets = new DeliveryTargets(parts);
  const lives = new Lives(state);
  const deliveries = new DeliveryReconciler({
    ports: { build: stages.build, planned },
    targets,
    crossNamespaceRefs: parts.crossNamespaceRefs ?? true,
    fights: new Fights(clock),
    sources,
    state,
    clock,
    emit,
    health,
    lives,
  });
  return { sources, deliveries, health, targets, lives, emit };
}
