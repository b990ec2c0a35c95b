import {
  type DeliveryRecord,
  type InventoryEntry,
  inventoryId,
  isReady,
  type Kustomization,
  type StateStore,
} from '../api/index.ts';
import type { ApplyOutcome } from '../apply/index.ts';
import type { Clock, EventBody, KubernetesObject, ObjectAction, ObjectRef, Subject } from '../core/index.ts';
import type { DeliveryProgress } from './delivery-pipeline.ts';
import type { DeliveryCycle } from './delivery-transition.ts';
import { objectsDigest } from './objects-digest.ts';
import { deliverySubject } from './subjects.ts';

interface RunDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly emit: (subject: Subject, body: EventBody) => void;
}

/** One run under way: what it changed, and the inventory as it is on disk. */
export class DeliveryRun implements DeliveryProgress {
  changes = 0;
  revision: string | undefined;
  inventory: readonly InventoryEntry[];
  isHandingOver = false;
  /** Inventory ids of objects that were left as they are. */
  readonly kept = new Set<string>();
  /** Of the built objects. */
  digest = '';
  readonly #before: DeliveryRecord;
  readonly #deps: RunDeps;
  /** The same objects were in force already: what changes now repairs drift. */
  #repairs = false;

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

  begin(revision: string): void {
    this.revision = revision;
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
    this.#repairs =
      isReady(status.conditions) &&
      status.lastAppliedRevision === this.revision &&
      status.history?.[0]?.digest === this.digest;
    // A retry of what was built before is no news.
    if (this.#repairs || status.lastAttemptedRevision === this.revision) return;
    this.#emit({ kind: 'delivery-built', revision: this.revision ?? '', objects: objects.length, warnings });
  }

  async recordInventory(entries: readonly InventoryEntry[]): Promise<void> {
    this.inventory = entries;
    this.#deps.state.deliveries.save(this.record);
  }

  changed(object: ObjectRef, action: ObjectAction, reason?: string): void {
    if (action === 'kept') this.kept.add(inventoryId(object));
    if (action === 'kept' && this.#repairs) return;
    if (action !== 'kept') this.changes += 1;
    const told = this.#repairs && action !== 'deleted' ? 'repaired' : action;
    const why = reason === undefined ? {} : { reason };
    this.#emit({ kind: 'object-changed', revision: this.revision ?? '', object, action: told, ...why });
  }

  #emit(body: EventBody): void {
    this.#deps.emit(deliverySubject(this.#before), body);
  }
}
