import type { Target } from '../../core/index.ts';
import { failureOf } from '../plan/failure.ts';
import { type ApplyStep, isWrite, type Plan } from '../plan/plan.ts';
import { Trial } from './trial.ts';

/** The plan in which what the target would refuse is refused, in its words, as far as that can be told before anything of it is written. */
export async function tryPlan(target: Target, plan: Plan, signal: AbortSignal): Promise<Plan> {
  const trial = new Trial(target, plan.applies.filter(isWrite), signal);
  const refusals = await trial.before(trial.ready);
  const applies = plan.applies.map((step): ApplyStep => {
    const error = isWrite(step) ? refusals.get(step) : undefined;
    if (error === undefined) return step;
    const { detail } = failureOf(step.ref, error, plan.secretTexts);
    return { kind: 'refuse', ref: step.ref, reason: 'refused-by-target', detail };
  });
  return { ...plan, applies };
}
