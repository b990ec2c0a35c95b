import type { ApplyStep, DeliveryScope, PruneStep } from '../plan/plan.ts';

/** Share of what a delivery owns that may go at once: what loses more has far more often lost a line of its build than its purpose. */
const maxShrink = 0.5;

/** So few objects are soon half of a small delivery. An empty build has no such excuse. */
const minGuarded = 5;

/** What a plan asks for and takes away, as far as the limit is concerned. */
interface Shrinkage {
  readonly applies: readonly ApplyStep[];
  readonly prunes: readonly PruneStep[];
  /** Entries of the inventory before. */
  readonly owned: number;
}

/**
 * The deletions of a plan: held, every one of them, where the build is empty or the set of objects shrinks too far. Objects that come in place of
 * those that go count against them: who gives all of them another name has as many as before.
 */
export function withinLimit(shrinkage: Shrinkage, { mayShrink }: DeliveryScope): readonly PruneStep[] {
  const { prunes } = shrinkage;
  if (mayShrink === true || !isTooMuch(shrinkage)) return prunes;
  return prunes.map((step) => (step.kind === 'delete' ? { ...step, kind: 'hold' } : step));
}

function isTooMuch({ applies, prunes, owned }: Shrinkage): boolean {
  if (applies.length === 0) return true;
  const gone = prunes.filter(({ kind }) => kind === 'delete').length;
  const lost = gone - applies.filter(({ kind }) => kind === 'create').length;
  return lost >= minGuarded && lost > owned * maxShrink;
}
