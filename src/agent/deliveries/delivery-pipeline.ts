import {
  type Artifact,
  allowEmptyAnnotation,
  allowPruneAnnotation,
  type DesiredState,
  deliveryText,
  type InventoryEntry,
  type Kustomization,
} from '../../api/index.ts';
import {
  type ApplyHooks,
  type ApplyOutcome,
  applyPlan,
  type DeliveryQuestion,
  type DeliveryScope,
  type Plan,
  planAgainst,
  type Surroundings,
} from '../../apply/index.ts';
import type { KubernetesObject, Owner, Target } from '../../core/index.ts';
import { inStage, StageFailure } from '../stages/stage-failure.ts';
import type { BuildStage } from '../stages/stages.ts';

/** Told each plan, for which target and of which revision, before it is carried out; that waits for it. Without a revision it takes back. */
export type PlanListener = (delivery: Owner, plan: Plan, target: Target, revision?: string) => Promise<void>;

export interface DeliveryPorts {
  readonly build: BuildStage;
  readonly target: Target;
  readonly planned?: PlanListener | undefined;
}

export interface DeliveryRequest {
  readonly delivery: Kustomization;
  readonly desired: DesiredState;
  readonly artifact: Artifact;
  /** What the delivery owned when it began. */
  readonly inventory: readonly InventoryEntry[];
  readonly neighbours: NeighbourQuestion;
  /** It goes back to what held last: what another revision brought may go, however much it is. */
  readonly isReturning?: boolean;
}

/** Asked only when something goes or stands in the way: the answer takes builds. */
export type NeighbourQuestion = () => Promise<Surroundings>;

/** What the pipeline tells while it runs. */
export interface DeliveryProgress extends ApplyHooks {
  /** Told the plan before it is carried out. */
  planned?(plan: Plan): void;
  /** Inventory ids of objects that are left alone for now; asked once it is built. */
  readonly resting: ReadonlySet<string>;
  built(objects: readonly KubernetesObject[], warnings: readonly string[]): void;
}

/** What would happen to the objects of a delivery. Changes nothing. @throws StageFailure */
function planObjects(target: Target, request: DeliveryQuestion, signal: AbortSignal): Promise<Plan> {
  return inStage('plan', deliveryText(request.scope.owner), () => planAgainst(target, request, signal));
}

/** Plans that are made anew in a row, since another hand was faster each time: after that it is a failure as any other. */
const maxReplans = 2;

type ApplyPorts = Pick<DeliveryPorts, 'target' | 'planned'>;
type ApplyProgress = ApplyHooks & Pick<DeliveryProgress, 'planned'>;

/** Plans and applies objects for a delivery; anew, where what is there is not what was planned with any more. @throws StageFailure */
export async function applyObjects(
  ports: ApplyPorts,
  request: DeliveryQuestion,
  hooks: ApplyProgress,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  let { inventory } = request;
  const noting: ApplyProgress = {
    recordInventory: async (entries) => {
      inventory = entries;
      await hooks.recordInventory(entries);
    },
    changed: (...what) => hooks.changed(...what),
    departing: (...what) => hooks.departing?.(...what),
    warned: (...what) => hooks.warned?.(...what),
    planned: (plan) => hooks.planned?.(plan),
  };
  for (let replans = 0; ; replans += 1) {
    try {
      return await applyOnce(ports, { ...request, inventory }, noting, signal);
    } catch (thrown) {
      if (replans === maxReplans || !isOvertaken(thrown)) throw thrown;
    }
  }
}

async function applyOnce(
  { target, planned }: ApplyPorts,
  request: DeliveryQuestion,
  hooks: ApplyProgress,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  const { owner } = request.scope;
  const plan = await planObjects(target, request, signal);
  await inStage('plan', deliveryText(owner), async () => planned?.(owner, plan, target));
  hooks.planned?.(plan);
  return inStage('apply', deliveryText(owner), () => applyPlan(target, plan, hooks, signal));
}

function isOvertaken(thrown: unknown): boolean {
  if (!(thrown instanceof StageFailure)) return false;
  const { code, cause } = thrown.error;
  const all: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [{ code }];
  return all.every((one) => (one as { readonly code?: unknown }).code === 'TARGET_CHANGED');
}

function scopeOf(
  { metadata, spec }: Kustomization,
  { revision }: Artifact,
  objects: readonly KubernetesObject[],
): DeliveryScope {
  const { name, namespace, annotations } = metadata;
  const { [allowPruneAnnotation]: pruning, [allowEmptyAnnotation]: empty } = annotations;
  const isMeant = pruning === 'true' || pruning === revision;
  const mayShrink = isMeant || (objects.length === 0 && empty === 'true');
  return { owner: { name, namespace }, prune: spec.prune, force: spec.force, ignore: spec.ignore, mayShrink };
}

/** The way of a delivery: build, plan, apply. @throws StageFailure */
export async function runDelivery(
  { build, target, planned }: DeliveryPorts,
  { delivery, desired, artifact, inventory, neighbours, isReturning = false }: DeliveryRequest,
  progress: DeliveryProgress,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly KubernetesObject[]; readonly outcome: ApplyOutcome }> {
  const { objects, warnings, secretTexts } = await inStage('build', deliveryText(delivery.metadata), () =>
    build.build({ delivery, artifact, desired }, signal),
  );
  progress.built(objects, warnings);
  const asked = scopeOf(delivery, artifact, objects);
  const scope = { ...asked, mayShrink: asked.mayShrink || isReturning };
  const request = { scope, objects, secretTexts, inventory, neighbours, resting: progress.resting };
  const tell: PlanListener = async (owner, plan, at) => planned?.(owner, plan, at, artifact.revision);
  const outcome = await applyObjects({ target, planned: tell }, request, progress, signal);
  return { objects, outcome };
}

/** What a delivery would change: build and plan. Changes nothing. @throws StageFailure */
export async function planOnly(
  { build, target }: DeliveryPorts,
  { delivery, desired, artifact, inventory, neighbours }: DeliveryRequest,
  signal: AbortSignal,
): Promise<Plan> {
  const { objects, secretTexts } = await inStage('build', deliveryText(delivery.metadata), () =>
    build.build({ delivery, artifact, desired }, signal),
  );
  const scope = scopeOf(delivery, artifact, objects);
  return planObjects(target, { scope, objects, secretTexts, inventory, neighbours }, signal);
}
