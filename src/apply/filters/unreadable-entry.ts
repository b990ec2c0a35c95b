import type { InventoryEntry } from '../../api/index.ts';
import type { ObjectRef } from '../../core/index.ts';
import type { PruneStep } from '../plan/plan.ts';

/**
 * An inventory entry that names no object: it cannot be looked at, so it is kept, and reported under its id. It stands
 * before the filters, because there is no candidate to ask them about.
 */
export function keepUnreadableEntry(entry: InventoryEntry): PruneStep {
  const ref: ObjectRef = {
    group: '',
    version: entry.v,
    kind: 'InventoryEntry',
    namespace: '',
    name: entry.id,
  };
  return { kind: 'keep', ref, reason: 'unreadable-entry', entry };
}
