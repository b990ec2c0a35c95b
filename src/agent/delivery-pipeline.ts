import type { Artifact, DesiredState, InventoryEntry, Kustomization } from '../api/index.ts';
import {
  type ApplyHooks,
  type ApplyOutcome,
  applyPlan,
  type DeliveryScope,
  markOwned,
  observeDelivery,
  planDelivery,
} from '../apply/index.ts';
import type { KubernetesObject, Target } from '../core/index.ts';
import { inStage } from './stage-failure.ts';
import type { BuildStage } from './stages.ts';

export interface DeliveryPorts {
  readonly build: BuildStage;
  readonly target: Target;
}

export interface DeliveryRequest {
  readonly delivery: Kustomization;
  readonly desired: DesiredState;
  readonly artifact: Artifact;
  /** What the delivery owned when it began. */
  readonly inventory: readonly InventoryEntry[];
}

/** What the pipeline tells while it runs. */
export interface DeliveryProgress extends ApplyHooks {
  built(objects: readonly KubernetesObject[], warnings: readonly string[]): void;
}

interface ApplyRequest {
  readonly scope: DeliveryScope;
  readonly objects: readonly KubernetesObject[];
  readonly inventory: readonly InventoryEntry[];
}

/** Plans and applies objects for a delivery. @throws StageFailure */
export async function applyObjects(
  target: Target,
  { scope, objects, inventory }: ApplyRequest,
  hooks: ApplyHooks,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  const subject = `Kustomization/${scope.owner.namespace}/${scope.owner.name}`;
  const plan = await inStage('plan', subject, async () => {
    const owned = markOwned(objects, scope.owner);
    const observations = await observeDelivery(target, owned, inventory, signal);
    return planDelivery({ objects: owned, inventory, observations, delivery: scope });
  });
  return inStage('apply', subject, () => applyPlan(target, plan, hooks, signal));
}

/** The way of a delivery: build, plan, apply. @throws StageFailure */
export async function runDelivery(
  { build, target }: DeliveryPorts,
  { delivery, desired, artifact, inventory }: DeliveryRequest,
  progress: DeliveryProgress,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly KubernetesObject[]; readonly outcome: ApplyOutcome }> {
  const { name, namespace } = delivery.metadata;
  const { objects, warnings } = await inStage('build', `Kustomization/${namespace}/${name}`, () =>
    build.build({ delivery, artifact, desired }, signal),
  );
  progress.built(objects, warnings);
  const { prune, force } = delivery.spec;
  const scope = { owner: { name, namespace }, prune, force };
  const outcome = await applyObjects(target, { scope, objects, inventory }, progress, signal);
  return { objects, outcome };
}
