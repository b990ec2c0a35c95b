import { sourceSubject } from '../../api/index.ts';
import { type EventBody, type Subject, siteSubject } from '../../core/index.ts';
import { Fights } from '../deliveries/fights.ts';
import { DeliveryReconciler } from '../deliveries/reconcile-delivery.ts';
import { type HealthDeps, HealthOfDeliveries } from '../health/health-of-deliveries.ts';
import { Lives } from '../journal/lives.ts';
import { DeliveryTargets } from '../places/delivery-targets.ts';
import { FreshnessGate } from '../sources/freshness-gate.ts';
import { SourceReconciler } from '../sources/reconcile-source.ts';
import { SiteTime } from '../sources/site-time.ts';
import type { AgentParts } from './agent-parts.ts';

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
    emit: (source, body) => emit(sourceSubject(source.metadata), body),
  });
  const health = new HealthOfDeliveries({ state, clock, random, emit, moved });
  const targets = new DeliveryTargets(parts);
  const lives = new Lives(state);
  const deliveries = new DeliveryReconciler({
    ports: { build: stages.build, planned },
    targets,
    crossNamespaceRefs: parts.crossNamespaceRefs ?? true,
    fights: new Fights(clock),
    sources: sources.inForce,
    state,
    clock,
    emit,
    health,
    lives,
  });
  return { sources, deliveries, health, targets, lives, emit };
}
