import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import { formatRef, type KubernetesObject, type ObjectRef, refOf, SealiftError } from '../../core/index.ts';
import type { Candidate, Finding } from '../filters/filter.ts';
import { filters } from '../filters/filters.ts';
import { keepUnreadableEntry } from '../filters/unreadable-entry.ts';
import { Contents, isContainer } from '../plan/contents.ts';
import { failureOf } from '../plan/failure.ts';
import type { Neighbour } from '../plan/neighbour.ts';
import { ownershipOf } from '../plan/ownership.ts';
import type {
  ApplyStep,
  DeliveryScope,
  KeepReason,
  Plan,
  PruneStep,
  Refuse,
  RefuseReason,
} from '../plan/plan.ts';
import { readableEntry } from '../plan/readable-entry.ts';
import { changeStep } from './change-step.ts';
import type { IgnoredPaths } from './ignored-paths.ts';
import { isMarkedFor } from './mark-owned.ts';
import type { Observations } from './observe-delivery.ts';
import { withinLimit } from './prune-limit.ts';

export interface PlanRequest {
  /** What the build yields, in apply order, as `markOwned` returns it. */
  readonly objects: readonly KubernetesObject[];
  readonly inventory: readonly InventoryEntry[];
  /** What `observeDelivery` saw with the same objects and inventory. */
  readonly observations: Observations;
  readonly delivery: DeliveryScope;
  /** Deliveries that objects may move to or from. Default none. */
  readonly neighbours?: readonly Neighbour[];
  /** Inventory ids of objects that are left alone for now, since another hand changes them again and again. Default none. */
  readonly resting?: ReadonlySet<string>;
  /** Inventory ids of what the other deliveries of the site have in the same place. Default none. */
  readonly elsewhere?: Iterable<string>;
  /** Fields that are left to others, as they were when it was observed. Default none. */
  readonly ignored?: IgnoredPaths;
  /** What nothing that is said of the objects may repeat. Default nothing. */
  readonly secretTexts?: readonly string[] | undefined;
}

/**
 * Decides what happens to every object of a delivery. Touches nothing.
 * @throws SealiftError OBJECT_DUPLICATE when two objects have one inventory id.
 */
export function planDelivery(request: PlanRequest): Plan {
  const entries = new Map(request.inventory.map((entry) => [entry.id, entry]));
  const asked = new Set<string>();
  const aliases = entriesByUid(request);
  const known = { ...request, staying: askedFor(request), others: ofOthers(request) };
  const applies = request.objects.map((object) => {
    const id = idOf(object, request, asked);
    asked.add(id);
    const entry = entries.get(id) ?? aliases.get(uidOf(request, id) ?? '');
    const subject = { ref: refOf(object), desired: object, entry };
    return refusedUnread(request, subject) ?? applyStep(candidateOf(known, subject), request);
  });
  const applied = new Set([...asked].map((id) => uidOf(request, id)).filter((uid) => uid !== undefined));
  const left = [...entries.values()]
    .filter(({ id }) => !asked.has(id) && !applied.has(uidOf(request, id) ?? ''))
    .reverse();
  const prunes = pruneSteps(known, left);
  const shrinkage = { applies, prunes, owned: entries.size };
  return {
    applies,
    prunes: withinLimit(shrinkage, request.delivery),
    inventory: request.inventory,
    ...(request.secretTexts && { secretTexts: request.secretTexts }),
  };
}

function idOf(object: KubernetesObject, { delivery }: PlanRequest, asked: ReadonlySet<string>): string {
  const ref = refOf(object);
  const id = inventoryId(ref);
  if (asked.has(id)) {
    throw new SealiftError(
      'OBJECT_DUPLICATE',
      formatRef(ref),
      `expected one object with the id ${id}, got two`,
    );
  }
  if (!isMarkedFor(object, delivery.owner)) {
    throw new SealiftError('INTERNAL', formatRef(ref), 'expected the owner labels of its delivery');
  }
  return id;
}

/** One object may be served under several kinds: what is applied under another name does not go. */
function entriesByUid(request: PlanRequest): ReadonlyMap<string, InventoryEntry> {
  const found = request.inventory.map((entry) => [uidOf(request, entry.id), entry] as const);
  return new Map(found.filter((one): one is [string, InventoryEntry] => one[0] !== undefined));
}

function uidOf({ observations }: PlanRequest, id: string): string | undefined {
  const seen = observations.get(id);
  return seen?.kind === 'present' ? seen.uid : undefined;
}

function askedFor({ objects }: PlanRequest): Contents {
  const asked = new Contents();
  for (const object of objects) asked.add(refOf(object));
  return asked;
}

function ofOthers({ neighbours = [], elsewhere = [] }: PlanRequest): Contents {
  const others = new Contents();
  for (const { asks = [] } of neighbours) for (const id of asks) others.addId(id);
  for (const id of elsewhere) others.addId(id);
  return others;
}

interface KnownRequest extends PlanRequest {
  readonly staying: Contents;
  readonly others: Contents;
}

/** In the order of the entries. What holds others is decided last, when it is known which of them stay. */
function pruneSteps(request: KnownRequest, left: readonly InventoryEntry[]): readonly PruneStep[] {
  const isLast = (entry: InventoryEntry): boolean => {
    const ref = readableEntry(entry);
    return ref !== undefined && isContainer(ref);
  };
  const steps = new Map<InventoryEntry, PruneStep>();
  for (const entry of [...left.filter((one) => !isLast(one)), ...left.filter(isLast)]) {
    const step = pruneStep(request, entry);
    if (step === undefined) continue;
    steps.set(entry, step);
    if ((step.kind === 'keep' || step.kind === 'refuse') && isToStay(step)) request.staying.add(step.ref);
  }
  return left.map((entry) => steps.get(entry)).filter((step) => step !== undefined);
}

/** What is to go, and cannot just now, holds up nothing that would take it along. */
function isToStay({ reason }: { readonly reason: string }): boolean {
  return reason !== 'departing' && reason !== 'unserved';
}

interface Subject {
  readonly ref: ObjectRef;
  readonly desired: KubernetesObject | undefined;
  readonly entry: InventoryEntry | undefined;
}

/** What could not be looked at is left as it is, also in the inventory. */
function refusedUnread(
  { observations, secretTexts }: PlanRequest,
  { ref, entry }: Subject,
): Refuse | undefined {
  const seen = observations.get(inventoryId(ref));
  if (seen?.kind !== 'not-read') return undefined;
  const { detail, cause } = failureOf(ref, seen.error, secretTexts);
  const known = entry === undefined ? {} : { entry };
  return { kind: 'refuse', ref, reason: 'not-read', detail, ...(cause && { cause }), ...known };
}

function candidateOf(request: KnownRequest, { ref, desired, entry }: Subject): Candidate {
  const { observations, delivery, neighbours = [], resting = new Set(), staying, others } = request;
  const observation = observations.get(inventoryId(ref));
  if (observation === undefined || observation.kind === 'not-read')
    throw new SealiftError('INTERNAL', formatRef(ref), 'was not observed');
  return {
    intent: desired === undefined ? 'prune' : 'apply',
    ref,
    desired,
    marks: observation.kind === 'present' ? observation.marks : undefined,
    observation,
    ownership: ownershipOf(observation, delivery.owner, entry),
    entry,
    delivery,
    neighbours,
    resting,
    staying,
    others,
  };
}

function applyStep(candidate: Candidate, { secretTexts, ignored }: PlanRequest): ApplyStep {
  const { ref, desired: object, observation } = candidate;
  const found = findingOn(candidate);
  if (found?.kind === 'refuse') return { ...found, ref };
  if (found?.kind === 'keep') return { ...found, ref, entry: entryOfKept(candidate, found.reason) };
  if (object === undefined) throw new SealiftError('INTERNAL', formatRef(ref), 'nothing asks for it');
  if (observation.kind === 'absent' || observation.kind === 'unserved')
    return { kind: 'create', ref, object };
  if (observation.kind === 'present' && observation.matches) return { kind: 'unchanged', ref };
  return changeStep(candidate, object, { secretTexts, ignored: ignored?.(object) ?? [] });
}

/** `undefined` when there is nothing left to delete: the entry goes without a word. */
function pruneStep(request: KnownRequest, entry: InventoryEntry): PruneStep | undefined {
  const ref = readableEntry(entry);
  if (ref === undefined) return keepUnreadableEntry(entry);
  const subject = { ref, desired: undefined, entry };
  const refused = refusedUnread(request, subject);
  if (refused !== undefined) return refused;
  const candidate = candidateOf(request, subject);
  if (candidate.observation.kind === 'absent') return undefined;
  const found = findingOn(candidate);
  const { observation } = candidate;
  const uid = uidOf(request, entry.id);
  if (found === undefined)
    return { kind: 'delete', ref, entry: confirmed(entry), ...(uid === undefined ? {} : { uid }) };
  const departure = found.reason === 'departing' && observation.kind === 'present' && observation.departure;
  const kept = { ref, reason: found.reason, entry: entryOfKept(candidate, found.reason) };
  return { kind: 'keep', ...kept, ...(departure ? { departure } : {}) };
}

function findingOn(candidate: Candidate): Finding | undefined {
  for (const filter of filters) {
    const finding = filter(candidate);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

/** Only what is there and ours stays in the inventory: an entry for anything else would later delete what we never made. */
function entryOfKept(
  { intent, ownership, entry, ref }: Candidate,
  reason: KeepReason | RefuseReason,
): InventoryEntry | undefined {
  // It is gone for the moment, and comes back.
  if (reason === 'fight') return toInventoryEntry(ref);
  if (reason === 'unserved') return entry;
  const ours = ownership === 'ours' || (ownership === 'unlabelled' && intent === 'apply');
  if (!ours) return undefined;
  return intent === 'prune' && entry !== undefined ? confirmed(entry) : toInventoryEntry(ref);
}

function confirmed({ attempted: _, ...entry }: InventoryEntry): InventoryEntry {
  return entry;
}
