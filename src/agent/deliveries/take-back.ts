import {
  type DesiredState,
  deliveryText,
  type FormerPlace,
  fromInventoryEntry,
  type InventoryEntry,
} from '../../api/index.ts';
import type { ApplyHooks, ApplyOutcome } from '../../apply/index.ts';
import { type EventBody, formatRef, type Owner, SealiftError } from '../../core/index.ts';
import type { DeliveryTarget } from '../places/delivery-target.ts';
import type { DeliveryTargets } from '../places/delivery-targets.ts';
import { inStage, StageFailure } from '../stages/stage-failure.ts';
import type { Neighbours } from './claims.ts';
import { applyObjects, type DeliveryPorts, type DeliveryProgress } from './delivery-pipeline.ts';
import type { Neighbourhood } from './neighbourhood.ts';

interface TakeBackDeps {
  readonly ports: Omit<DeliveryPorts, 'target'>;
  readonly targets: DeliveryTargets;
  readonly neighbourhood: Neighbourhood;
  readonly tell: (event: EventBody) => void;
}

/** What a delivery has in a place that it does not go to any more, or not at all. */
export interface Leaving extends FormerPlace {
  readonly owner: Owner;
  readonly desired: DesiredState;
  /** Where the delivery goes instead, and what it has there. */
  readonly instead?: { readonly at: DeliveryTarget; readonly inventory: readonly InventoryEntry[] };
}

interface TakeBackHooks extends ApplyHooks, Pick<DeliveryProgress, 'planned'> {
  /** Told who else is there; gives it back. */
  met(neighbours: Neighbours): Neighbours;
}

/** Objects that are named when they are left where they are: an operator has to find them. */
const maxNamed = 50;

/**
 * Takes back what a delivery owns in one place, as the account that it was applied with. Where that account is gone there is nobody to do it:
 * the objects stay, as with Flux, and are told by name.
 * @throws StageFailure
 */
export async function takeBack(
  { ports, targets, neighbourhood, tell }: TakeBackDeps,
  leaving: Leaving,
  hooks: TakeBackHooks,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  const { owner, place, entries, desired } = leaving;
  const subject = deliveryText(owner);
  const at = await inStage('plan', subject, async () => targets.former(owner, place, desired));
  if (entries.length > 0 && (await at.isAccountGone(signal))) {
    const why = `ServiceAccount/${owner.namespace}/${place.account} is gone, and nobody else may delete them`;
    tell(leftBehind(leaving, `${at.target.description}: ${why}`));
    return { applied: 0, changed: 0, inventory: [], moving: 0 };
  }
  const scope = { owner, prune: true, force: false, mayShrink: true };
  const neighbours = async () =>
    hooks.met(await neighbourhood.ofWithdrawn(owner, at.cluster, desired, signal));
  const inventory = await inStage('plan', subject, () => onlyThere(at, leaving, signal));
  const request = { scope, objects: [], inventory, neighbours };
  return applyObjects({ ...ports, target: at.target }, request, hooks, signal);
}

/**
 * What is to be taken back of a place. Two addresses may be those of one cluster: an object of the same UID here and there is the one that the
 * delivery goes on with.
 */
async function onlyThere(
  there: DeliveryTarget,
  { entries, instead }: Leaving,
  signal: AbortSignal,
): Promise<readonly InventoryEntry[]> {
  if (instead === undefined) return entries;
  const ids = new Set(instead.inventory.map(({ id }) => id));
  const common = entries.filter(({ id }) => ids.has(id));
  for (const ref of common.map(fromInventoryEntry).filter((one) => one !== undefined)) {
    const uid = await there.uidOf(ref, signal);
    const own = uid === undefined ? undefined : await instead.at.uidOf(ref, signal);
    if (own !== undefined) return own === uid ? entries.filter(({ id }) => !ids.has(id)) : entries;
  }
  return entries;
}

/** That objects stay where they are, owned by nobody. */
export function leftBehind({ entries }: FormerPlace, why: string): EventBody {
  const named = entries.slice(0, maxNamed).map((entry) => {
    const ref = fromInventoryEntry(entry);
    return ref === undefined ? entry.id : formatRef(ref);
  });
  const more = entries.length > maxNamed ? ` and ${entries.length - maxNamed} more` : '';
  return { kind: 'objects-left', message: `${why}: left as they are: ${named.join(', ')}${more}` };
}

/** A failure to take something back from a place that the delivery has left says how to go on without. */
export function beyondReach(thrown: unknown, where: string): unknown {
  if (!(thrown instanceof StageFailure)) return thrown;
  const { stage, error } = thrown;
  const detail = `what it left at ${where} is still to be deleted there; with spec.prune: false it stays: ${error.message}`;
  const { subject } = error;
  return new StageFailure(stage, new SealiftError(error.code, subject, detail, { cause: error }), subject);
}
