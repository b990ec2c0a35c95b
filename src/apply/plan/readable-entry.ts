import { fromInventoryEntry, type InventoryEntry, inventoryId } from '../../api/index.ts';
import type { ObjectRef } from '../../core/index.ts';

/**
 * The object an inventory entry names; `undefined` when it names none. An id that does not come back the same is none:
 * acting on it would act on another object.
 */
export function readableEntry(entry: InventoryEntry): ObjectRef | undefined {
  const ref = fromInventoryEntry(entry);
  return ref !== undefined && inventoryId(ref) === entry.id ? ref : undefined;
}
