import { isDeepStrictEqual } from 'node:util';
import {
  type DeliveryRecord,
  deliverySubject,
  type FormerPlace,
  type InventoryEntry,
  inventoryId,
  isReady,
  type Kustomization,
  type StateStore,
} from '../../api/index.ts';
import type { ApplyHooks, ApplyOutcome, Plan } from '../../apply/index.ts';
import {
  type Clock,
  type Departure,
  type EventBody,
  formatRef,
  type KubernetesObject,
  type ObjectAction,
  type ObjectRef,
  type Subject,
} from '../../core/index.ts';
import { isUnhealthy } from '../health/health-status.ts';
import { wayBack } from '../journal/journal.ts';
import { afterLoss } from '../journal/journal-transition.ts';
import { keepDelivery } from '../journal/way-back-status.ts';
import { withFormer } from '../places/going-to.ts';
import type { DeliveryCycle } from '../status/delivery-transition.ts';
import { withClaims, withDepartures, withFights } from '../status/listed-condition.ts';
import { Claims, type Neighbours } from './claims.ts';
import type { DeliveryProgress } from './delivery-pipeline.ts';
import type { DeliveryFights, Fights } from './fights.ts';
import { objectsDigest } from './objects-digest.ts';

interface RunDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly emit: (subject: Subject, body: EventBody) => void;
  readonly fights: Fights;
}

/** One run under way: what it changed, and the inventory as it is on disk. */
export class DeliveryRun implements DeliveryProgress {
  changes = 0;
  revision: string | undefined;
  inventory: readonly InventoryEntry[];
  isHandingOver = false;
  /** Inventory ids of objects that are none of our business. */
  readonly kept = new Set<string>();
  /** Of the built objects. */
  digest = '';
  /** Inventory ids of objects that were to be made, or that something stood in the way of. */
  lacking: ReadonlySet<string> = new Set();
  #before: DeliveryRecord;
  readonly #deps: RunDeps;
  #fights: DeliveryFights | undefined;
  #departures: string[] | undefined;
  readonly #claims = new Claims();
  /** The same objects were in force already: what changes now repairs drift. */
  #repairs = false;
  /** It goes to another cluster than before. */
  #isMoving = false;

  constructor(record: DeliveryRecord, deps: RunDeps) {
    this.#before = record;
    this.#deps = deps;
    this.inventory = record.status.inventory?.entries ?? [];
  }

  /** The delivery as it was before, with the inventory as it is now. */
  get record(): DeliveryRecord {
    const { status } = this.#before;
    return { ...this.#before, status: { ...status, inventory: { entries: this.inventory } } };
  }

  get resting(): ReadonlySet<string> {
    return this.#fights?.resting ?? new Set();
  }

  /** What other hands change again and again, in words; `undefined` when the run did not come so far. */
  get fights(): readonly string[] | undefined {
    return this.#fights?.describe();
  }

  /** In how many milliseconds a fight is to be looked at again. */
  get nextMs(): number | undefined {
    return this.#fights?.nextMs;
  }

  /** What left the build, was deleted and is not gone yet, in words; `undefined` when the run did not come so far. */
  get departures(): readonly string[] | undefined {
    return this.#departures;
  }

  /** What is to go and stays, since another delivery may ask for it, in words; `undefined` when the run did not come so far. */
  get claims(): readonly string[] | undefined {
    return this.#departures === undefined ? undefined : this.#claims.describe();
  }

  /** Who else is there: asked only where something goes or stands in the way. */
  met(neighbours: Neighbours): Neighbours {
    this.#claims.meet(neighbours);
    return neighbours;
  }

  planned(plan: Plan): void {
    this.#departures = [];
    this.#claims.begin();
    this.#fights?.planned(plan);
    const lacking = plan.applies.filter(({ kind }) => kind === 'create' || kind === 'refuse');
    this.lacking = new Set(lacking.map(({ ref }) => inventoryId(ref)));
  }

  /** A record with what the run found of single objects; what it did not look at is as before. */
  withFindings(record: DeliveryRecord, now: number): DeliveryRecord {
    const { fights, departures, claims } = this;
    const fought = fights === undefined ? record : withFights(record, fights, now);
    const left = departures === undefined ? fought : withDepartures(fought, departures, now);
    return claims === undefined ? left : withClaims(left, claims, now);
  }

  /** The place that it goes to; what it owns elsewhere is on disk from now on. */
  goTo(record: DeliveryRecord): void {
    const before = this.record;
    this.#before = record;
    this.inventory = record.status.inventory?.entries ?? [];
    this.#isMoving = record.former?.length !== before.former?.length;
    if (!isDeepStrictEqual(record.former, before.former) || !isDeepStrictEqual(record.status, before.status))
      this.#keep();
  }

  /** What is still in places that it has left. */
  get former(): readonly FormerPlace[] {
    return this.#before.former ?? [];
  }

  /** Of what is taken back in a former place. */
  hooksOf(former: FormerPlace): ApplyHooks & Pick<DeliveryRun, 'met'> {
    let left = former;
    return {
      recordInventory: async (entries) => {
        left = this.#keepFormer(left, entries);
      },
      changed: (object, action, reason) => this.changed(object, action, reason),
      departing: (object, departure) => this.departing(object, departure),
      met: (neighbours) => this.met(neighbours),
    };
  }

  /** A former place has been gone through. */
  leave({ place }: FormerPlace, { inventory, moving }: Pick<ApplyOutcome, 'inventory' | 'moving'>): void {
    this.isHandingOver ||= moving > 0;
    const known = this.former.find((one) => one.place === place);
    if (known !== undefined) this.#keepFormer(known, inventory);
  }

  #keepFormer(before: FormerPlace, entries: readonly InventoryEntry[]): FormerPlace {
    const after = { ...before, entries };
    const others = this.former.flatMap((one) => (one.place === before.place ? [after] : [one]));
    this.#before = withFormer(
      this.#before,
      others.filter((one) => one.entries.length > 0),
    );
    this.#keep();
    return after;
  }

  /** The revision that is taken; what the journal says of that is on disk from now on. */
  begin(revision: string, journal: DeliveryRecord['journal']): void {
    this.revision = revision;
    if (this.#before.journal === journal) return;
    const { journal: before, ...rest } = this.#before;
    this.#before = journal === undefined ? rest : { ...rest, journal };
    const hasFailed = wayBack(journal) !== undefined && wayBack(before) === undefined;
    const loss = hasFailed ? afterLoss(this.#before, this.#deps.clock.now()) : undefined;
    this.#before = loss?.record ?? this.#before;
    this.#keep();
    for (const event of loss?.events ?? []) this.#emit(event);
  }

  end({ inventory, moving }: ApplyOutcome): void {
    this.inventory = inventory;
    this.isHandingOver = moving > 0;
  }

  cycle(delivery: Kustomization): DeliveryCycle {
    return { delivery, record: this.record, now: this.#deps.clock.now() };
  }

  built(objects: readonly KubernetesObject[], warnings: readonly string[]): void {
    const { status } = this.#before;
    this.digest = objectsDigest(objects);
    this.#fights = this.#deps.fights.of(this.#before, `${this.revision} ${this.digest}`);
    this.#repairs =
      !this.#isMoving &&
      (isReady(status.conditions) || isUnhealthy(status)) &&
      status.lastAppliedRevision === this.revision &&
      status.history?.[0]?.digest === this.digest;
    // A retry of what was built before is no news.
    if (this.#repairs || status.lastAttemptedRevision === this.revision) return;
    this.#emit({ kind: 'delivery-built', revision: this.revision ?? '', objects: objects.length, warnings });
  }

  async recordInventory(entries: readonly InventoryEntry[]): Promise<void> {
    this.inventory = entries;
    this.#keep();
  }

  #keep(): void {
    const { state, clock } = this.#deps;
    keepDelivery(state, this.record, clock.now());
  }

  departing(object: ObjectRef, { finalizers }: Departure): void {
    const by = finalizers.length === 0 ? '' : `, held by ${finalizers.join(', ')}`;
    this.#departures?.push(`${formatRef(object)} is deleted and not gone yet${by}`);
  }

  warned(object: ObjectRef, message: string): void {
    this.#emit({ kind: 'object-warned', revision: this.revision ?? '', object, message });
  }

  changed(object: ObjectRef, action: ObjectAction, reason?: string): void {
    if (action === 'kept') this.#leftAlone(object, reason);
    else this.#acted(object, action);
  }

  #leftAlone(object: ObjectRef, reason: string | undefined): void {
    // Told with those who may ask for it.
    if (reason === 'claims-unknown') {
      this.#claims.keep(object);
      return;
    }
    if (reason !== 'fight') this.kept.add(inventoryId(object));
    if (!this.#repairs) this.#tell(object, 'kept', reason);
  }

  #acted(object: ObjectRef, action: ObjectAction): void {
    this.changes += 1;
    this.#tell(object, this.#repairs && action !== 'deleted' ? 'repaired' : action);
    const message = action === 'deleted' ? undefined : this.#fights?.written(object);
    if (message !== undefined) this.#emit({ kind: 'fight', revision: this.revision ?? '', object, message });
  }

  #tell(object: ObjectRef, action: ObjectAction, reason?: string): void {
    const why = reason === undefined ? {} : { reason };
    this.#emit({ kind: 'object-changed', revision: this.revision ?? '', object, action, ...why });
  }

  #emit(body: EventBody): void {
    this.#deps.emit(deliverySubject(this.#before), body);
  }
}
