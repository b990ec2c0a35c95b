import { expect } from 'vitest';
import { comparableStatus } from '../golden/comparable.ts';
import type { Fields, RecordedObject } from '../golden/recording.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import type { FieldCase, Side, Snapshot, Tree } from './field-case.ts';
import { deliveriesOf, givenTo, sourceOf } from './flux-objects.ts';
import type { Kustomizations } from './kustomizations.ts';
import { artifactOf, publishTree } from './publication.ts';
import { objectsOf, snapshotOf } from './snapshot.ts';

export interface ControllerParts {
  readonly admin: ClusterUser;
  readonly namespace: string;
  /** Of the registry. */
  readonly host: string;
  readonly kustomizations: Kustomizations;
}

/** A case as the real controller delivers it. Its states are kept. */
export class ControllerSide implements Side {
  readonly states = new Map<string, Snapshot>();
  readonly #case: FieldCase;
  readonly #parts: ControllerParts;
  readonly #deliveries: Set<string>;
  #requests = 0;

  constructor(one: FieldCase, parts: ControllerParts) {
    this.#case = one;
    this.#parts = parts;
    this.#deliveries = new Set(Object.keys(one.deliveries));
  }

  /** Creates what the case is about. */
  async begin(): Promise<void> {
    const { admin, namespace, host, kustomizations } = this.#parts;
    for (const given of givenTo(this.#case, admin)) {
      const path = `/api/v1/namespaces/${namespace}/${given.kind.toLowerCase()}s`;
      expect(await admin.ask(path, { method: 'POST', body: given })).toMatchObject({ status: 201 });
    }
    const source = sourceOf(this.#case, namespace, host);
    const created = await admin.ask(this.#sources, { method: 'POST', body: source });
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    await this.publish(this.#case.tree);
    for (const delivery of deliveriesOf(this.#case, namespace)) {
      await kustomizations.create(delivery);
      // The run that adds the finalizer does nothing else, but counts as one that was asked for.
      await this.#until(delivery.metadata.name, ({ metadata }) => metadata['finalizers'] !== undefined);
    }
  }

  /** There is no source-controller: what it would say of the artifact is data. */
  async publish(tree: Tree): Promise<void> {
    const { admin, host } = this.#parts;
    const { name } = this.#case;
    const artifact = await artifactOf(host, name, await publishTree(host, name, tree));
    const message = `stored artifact for digest '${artifact['revision']}'`;
    const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message };
    const condition = { ...ready, observedGeneration: 1, lastTransitionTime: artifact['lastUpdateTime'] };
    const status = { artifact, observedGeneration: 1, conditions: [condition] };
    const question = { method: 'PATCH', type: 'application/merge-patch+json', body: { status } } as const;
    const answer = await admin.ask(`${this.#sources}/${name}/status`, question);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }

  async specify(change: Fields, delivery = this.#case.name): Promise<void> {
    await this.#parts.kustomizations.specify(delivery, change);
  }

  async withdraw(delivery: string): Promise<void> {
    await this.#parts.kustomizations.remove(delivery);
    this.#deliveries.delete(delivery);
  }

  async arrives(label = ''): Promise<void> {
    for (const delivery of this.#deliveries) {
      const requested = `${++this.#requests}`;
      const annotations = { 'reconcile.fluxcd.io/requestedAt': requested };
      await this.#parts.kustomizations.annotate(delivery, annotations);
      await this.#until(delivery, ({ status }) => status?.['lastHandledReconcileAt'] === requested);
    }
    // A change of the spec and the request for a run may have led to two of them.
    await this.#keep(label, (object) => conditionOf(object, 'Ready') !== 'Unknown');
  }

  /** A run that does nothing is one that was asked for, too. */
  rests(label: string): Promise<void> {
    return this.arrives(label);
  }

  // Conditions are written first, and the inventory a moment later.
  waits(label: string): Promise<void> {
    return this.#keep(
      label,
      (object) => conditionOf(object, 'Healthy') === 'Unknown' && object.status?.['inventory'] !== undefined,
    );
  }

  recovers(label: string): Promise<void> {
    return this.#keep(
      label,
      (object) =>
        conditionOf(object, 'Ready') === 'True' &&
        object.status?.['lastAppliedRevision'] === object.status?.['lastAttemptedRevision'],
    );
  }

  get #sources(): string {
    return `/apis/source.toolkit.fluxcd.io/v1/namespaces/${this.#parts.namespace}/ocirepositories`;
  }

  #until(delivery: string, holds: (object: RecordedObject) => boolean): Promise<RecordedObject | undefined> {
    return this.#parts.kustomizations.until(delivery, (object) => object !== undefined && holds(object));
  }

  /** Keeps the state in which this holds of each delivery. */
  async #keep(label: string, holds: (object: RecordedObject) => boolean): Promise<void> {
    const { admin, namespace } = this.#parts;
    const statuses = [...this.#deliveries].map(async (name) => {
      const object = await this.#until(name, holds);
      return [`Kustomization/${name}`, comparableStatus('Kustomization', object?.status)] as const;
    });
    const settled = Object.fromEntries(await Promise.all(statuses));
    const objects = await objectsOf(admin, this.#case, namespace);
    this.states.set(label, { ...settled, ...snapshotOf(objects, namespace) });
  }
}

function conditionOf({ status }: RecordedObject, type: string): unknown {
  const conditions = (status?.['conditions'] ?? []) as readonly Fields[];
  return conditions.find((condition) => condition['type'] === type)?.['status'];
}
