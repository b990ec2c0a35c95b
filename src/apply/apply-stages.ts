import { applyStageOf } from '../core/index.ts';
import type { ApplyStep } from './plan.ts';

/** The steps of a plan, stage by stage; inside a stage in the order they came. */
export function applyStages(applies: readonly ApplyStep[]): readonly (readonly ApplyStep[])[] {
  const stages = [0, 1, 2, 3].map((stage) => applies.filter(({ ref }) => applyStageOf(ref) === stage));
  return stages.filter((steps) => steps.length > 0);
}
