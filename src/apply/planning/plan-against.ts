import type { InventoryEntry } from '../../api/index.ts';
import type { KubernetesObject, Target } from '../../core/index.ts';
import { concernsNeighbours, type Surroundings } from '../plan/neighbour.ts';
import type { DeliveryScope, Plan } from '../plan/plan.ts';
import { ignoredPaths } from './ignored-paths.ts';
import { markOwned } from './mark-owned.ts';
import { observeDelivery } from './observe-delivery.ts';
import { Places } from './places.ts';
import { planDelivery } from './plan-delivery.ts';

export interface DeliveryQuestion {
  readonly scope: DeliveryScope;
  /** What the build yields, in apply order. */
  readonly objects: readonly KubernetesObject[];
  /** What the delivery owned before. */
  readonly inventory: readonly InventoryEntry[];
  /** Asked only when something goes or stands in the way: the answer takes builds. */
  readonly neighbours: () => Promise<Surroundings>;
  /** Inventory ids of objects that are left alone for now. Default none. */
  readonly resting?: ReadonlySet<string> | undefined;
  /** What nothing that is said of the objects may repeat. Default nothing. */
  readonly secretTexts?: readonly string[] | undefined;
}

/** What would happen to the objects of a delivery in a target. Changes nothing. @throws SealiftError of the target or of a neighbour. */
export async function planAgainst(
  target: Target,
  { scope: delivery, objects, inventory, neighbours, resting = new Set(), secretTexts }: DeliveryQuestion,
  signal: AbortSignal,
): Promise<Plan> {
  const places = new Places(target, objects, signal);
  const owned = markOwned(await places.objects(), delivery.owner);
  const entries = await places.entries(inventory);
  const ignored = ignoredPaths(delivery.ignore ?? []);
  const observe: Target['observe'] = (ref, desired, stop) =>
    target.observe(ref, desired, stop, desired && ignored(desired));
  const observations = await observeDelivery({ observe }, owned, entries, signal);
  const known = { objects: owned, inventory: entries, observations, ignored };
  const request = { ...known, delivery, resting, secretTexts };
  const alone = planDelivery(request);
  const plan = concernsNeighbours(alone)
    ? planDelivery({ ...request, ...(await places.surroundings(await neighbours())) })
    : alone;
  // As it is on disk: under other names it is to be written anew.
  return { ...plan, inventory };
}
