import type { InventoryEntry } from '../../api/index.ts';
import type { Target } from '../../core/index.ts';
import { isWrite, type KeepReason, type Plan, type PruneStep } from '../plan/plan.ts';
import { type ApplyHooks, ApplyRun } from './apply-run.ts';
import { applyStages } from './apply-stages.ts';
import { inventoryAfter } from './inventory-course.ts';

export interface ApplyOutcome {
  /** How many objects of the build are in force. */
  readonly applied: number;
  /** How many objects were created, changed or deleted. */
  readonly changed: number;
  readonly inventory: readonly InventoryEntry[];
  /** How many objects stay only because a neighbour takes them over, or may do so, or because others use them. */
  readonly moving: number;
}

/**
 * Carries a plan out: tries what can be tried, records what may be there, writes stage after stage, deletes in reverse order, records what is
 * there. May be repeated after a crash at any point. An object that is refused in its trial ends the writing; one that fails later holds those that
 * cannot be without it and no others. Nothing is deleted then: the old is not taken away before the new is there.
 * @throws SealiftError when objects failed (the code of the first fault) or were refused (TARGET_CONFLICT), naming them.
 */
export async function applyPlan(
  target: Target,
  plan: Plan,
  hooks: ApplyHooks,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  signal.throwIfAborted();
  const run = new ApplyRun({ target, plan, hooks, signal });
  for (const stage of applyStages(plan.applies)) await run.applyStage(stage);
  for (const stage of applyStages(plan.prunes).toReversed()) await run.pruneStage(stage);
  const inventory = inventoryAfter(plan, run);
  await run.record(inventory);
  if (run.failure !== undefined) throw run.failure;
  const inForce = plan.applies.filter((step) => isWrite(step) || step.kind === 'unchanged');
  const moving = plan.prunes.filter(isMoving).length;
  return { applied: inForce.length, changed: run.changed, inventory, moving };
}

const waitsForOthers: ReadonlySet<KeepReason> = new Set([
  'moves-to-other',
  'claims-unknown',
  'used-by-others',
]);

function isMoving(step: PruneStep): boolean {
  return step.kind === 'keep' && waitsForOthers.has(step.reason);
}
