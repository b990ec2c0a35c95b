import { type InventoryEntry, inventoryId } from '../api/index.ts';
import {
  inParallel,
  type KubernetesObject,
  type ObjectRef,
  type Observation,
  refOf,
  type Target,
} from '../core/index.ts';
import { readableEntry } from './readable-entry.ts';

/** What a target holds of a delivery, by inventory id. */
export type Observations = ReadonlyMap<string, Observation>;

/** Enough to hide the latency of a remote API, few enough to leave it to others. */
const parallelObservations = 16;

interface Question {
  readonly ref: ObjectRef;
  readonly desired: KubernetesObject | undefined;
}

/**
 * Looks at everything a delivery asks for (`objects`, as `markOwned` returns them) and everything it owns.
 * @throws SealiftError of the target: without a look at every object there is nothing to plan with.
 */
export async function observeDelivery(
  target: Target,
  objects: readonly KubernetesObject[],
  inventory: readonly InventoryEntry[],
  signal: AbortSignal,
): Promise<Observations> {
  const observations = new Map<string, Observation>();
  const look = async (question: [string, Question], stop: AbortSignal): Promise<void> => {
    const [id, { ref, desired }] = question;
    observations.set(id, await target.observe(ref, desired, stop));
  };
  await inParallel([...questions(objects, inventory)], parallelObservations, look, signal);
  return observations;
}

function questions(
  objects: readonly KubernetesObject[],
  inventory: readonly InventoryEntry[],
): Map<string, Question> {
  const asked = new Map<string, Question>();
  for (const entry of inventory) {
    const ref = readableEntry(entry);
    if (ref !== undefined) asked.set(entry.id, { ref, desired: undefined });
  }
  for (const desired of objects) {
    const ref = refOf(desired);
    asked.set(inventoryId(ref), { ref, desired });
  }
  return asked;
}
