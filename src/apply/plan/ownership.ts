import type { InventoryEntry } from '../../api/index.ts';
import type { Observation, Owner } from '../../core/index.ts';

/**
 * Whose the thing is that stands at the place of an object. `unlabelled`: the inventory says that it is ours, its labels
 * are gone. `foreign`: nothing says that it is ours.
 */
export type Ownership = 'absent' | 'ours' | 'unlabelled' | 'other' | 'foreign';

/**
 * Labels decide. Where there are none, a confirmed inventory entry does: our own object after an edit that removed or
 * broke them. An entry that was only attempted proves nothing: somebody else may have been faster.
 */
export function ownershipOf(
  observation: Observation,
  owner: Owner,
  entry: InventoryEntry | undefined,
): Ownership {
  switch (observation.kind) {
    case 'absent':
    case 'unserved':
      return 'absent';
    case 'blocked':
      return 'foreign';
    case 'unreadable':
      return isConfirmed(entry) ? 'ours' : 'foreign';
    case 'present':
      if (observation.owner === undefined) return isConfirmed(entry) ? 'unlabelled' : 'foreign';
      return sameOwner(observation.owner, owner) ? 'ours' : 'other';
    default:
      return observation satisfies never;
  }
}

function isConfirmed(entry: InventoryEntry | undefined): boolean {
  return entry !== undefined && entry.attempted !== true;
}

function sameOwner(a: Owner, b: Owner): boolean {
  return a.name === b.name && a.namespace === b.namespace;
}
