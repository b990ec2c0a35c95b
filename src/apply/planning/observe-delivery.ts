import { type InventoryEntry, inventoryId } from '../../api/index.ts';
import {
  inParallel,
  type KubernetesObject,
  type ObjectRef,
  type Observation,
  refOf,
  type SealiftError,
  type Target,
} from '../../core/index.ts';
import { kindKey } from '../plan/defined-kind.ts';
import { isFaultOfObject } from '../plan/object-fault.ts';
import { readableEntry } from '../plan/readable-entry.ts';

/** An object that could not be looked at: nothing is known of it. */
export interface NotRead {
  readonly kind: 'not-read';
  readonly error: SealiftError;
}

/** What a target holds of a delivery, by inventory id. */
export type Observations = ReadonlyMap<string, Observation | NotRead>;

/** Enough to hide the latency of a remote API, few enough to leave it to others. */
const parallelObservations = 16;

/** Failed looks after which no other object of the same kind is looked at: a whole kind that does not answer must not cost a question each. */
const maxFailedLooks = 5;

interface Question {
  readonly ref: ObjectRef;
  readonly desired: KubernetesObject | undefined;
}

/**
 * Looks at everything a delivery asks for (`objects`, as `markOwned` returns them) and everything it owns. What cannot be looked at is told as
 * that, and the others are.
 * @throws SealiftError TARGET_UNREACHABLE or TARGET_UNAUTHENTICATED, and whatever is no fault of a target.
 */
export async function observeDelivery(
  target: Pick<Target, 'observe'>,
  objects: readonly KubernetesObject[],
  inventory: readonly InventoryEntry[],
  signal: AbortSignal,
): Promise<Observations> {
  const observations = new Map<string, Observation | NotRead>();
  const failed = new Map<string, NotRead[]>();
  const look = async (question: [string, Question], stop: AbortSignal): Promise<void> => {
    const [id, { ref, desired }] = question;
    const kind = kindKey(ref.group, ref.kind);
    const failures = failed.get(kind) ?? [];
    const known = failures[maxFailedLooks - 1];
    const seen = known ?? (await target.observe(ref, desired, stop).catch((thrown) => notRead(thrown, stop)));
    if (seen.kind === 'not-read') failed.set(kind, [...(failed.get(kind) ?? []), seen]);
    observations.set(id, seen);
  };
  await inParallel([...questions(objects, inventory)], parallelObservations, look, signal);
  return observations;
}

function notRead(thrown: unknown, signal: AbortSignal): NotRead {
  signal.throwIfAborted();
  if (!isFaultOfObject(thrown)) throw thrown;
  return { kind: 'not-read', error: thrown };
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
