import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import type { ApplyStep, Plan, PruneStep } from '../plan/plan.ts';

/**
 * The inventory to record before the first write: everything that was owned and everything that may be there if the
 * process dies on the way. New objects are only attempted until their write is confirmed.
 */
export function inventoryAhead(plan: Plan): InventoryEntry[] {
  const ahead = new Map(plan.inventory.map((entry) => [entry.id, entry]));
  for (const step of plan.applies) {
    if (step.kind === 'create') ahead.set(inventoryId(step.ref), attempted(step));
    if (step.kind === 'change' || step.kind === 'unchanged') {
      ahead.set(inventoryId(step.ref), toInventoryEntry(step.ref));
    }
  }
  return [...ahead.values()];
}

/** Steps that were not carried out. */
export interface Fates {
  /** They failed, or are not over. */
  readonly undone: ReadonlySet<ApplyStep | PruneStep>;
  /** They were not begun: of what was not there before nothing can be there. */
  readonly held: ReadonlySet<ApplyStep>;
}

/**
 * The inventory after the plan was carried out but for some steps: what is there, in order of application, then what was not deleted, in its old
 * order.
 */
export function inventoryAfter(plan: Plan, { undone, held }: Fates): InventoryEntry[] {
  const before = new Set(plan.inventory.map(({ id }) => id));
  const isNothing = (step: ApplyStep): boolean =>
    step.kind === 'create' && held.has(step) && !before.has(inventoryId(step.ref));
  const inOrder = [...plan.applies.filter((step) => !isNothing(step)), ...plan.prunes.toReversed()];
  const isOpen = (step: ApplyStep | PruneStep): boolean => undone.has(step) || held.has(step as ApplyStep);
  const entries = inOrder.map((step) => entryAfter(step, isOpen(step)));
  return entries.filter((entry) => entry !== undefined);
}

function entryAfter(step: ApplyStep | PruneStep, undone: boolean): InventoryEntry | undefined {
  switch (step.kind) {
    case 'create':
      return undone ? attempted(step) : toInventoryEntry(step.ref);
    case 'change':
    case 'unchanged':
      return toInventoryEntry(step.ref);
    case 'delete':
      return undone ? step.entry : undefined;
    case 'hold':
    case 'keep':
    case 'refuse':
      return step.entry;
    default:
      return step satisfies never;
  }
}

function attempted({ ref }: ApplyStep): InventoryEntry {
  return { ...toInventoryEntry(ref), attempted: true };
}

export function sameInventory(a: readonly InventoryEntry[], b: readonly InventoryEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ id, v, attempted, name }, at) => {
      const other = b[at];
      return other?.id === id && other.v === v && other.attempted === attempted && other.name === name;
    })
  );
}
