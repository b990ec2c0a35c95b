import { applyStageOf } from '../../core/index.ts';
import type { ApplyStep, PruneStep } from '../plan/plan.ts';

/** Steps of a plan, stage by stage in the order of application; inside a stage in the order they came. */
export function applyStages<T extends ApplyStep | PruneStep>(steps: readonly T[]): readonly (readonly T[])[] {
  const stages = [0, 1, 2, 3].map((stage) => steps.filter(({ ref }) => applyStageOf(ref) === stage));
  return stages.filter((some) => some.length > 0);
}
