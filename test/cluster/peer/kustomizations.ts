import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Fields, RecordedObject } from '../golden/recording.ts';
import type { PatchType } from '../harness/api-request.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';

/** Longer than anything takes on a busy machine. */
const LIMIT_MS = 180_000;
const POLL_MS = 200;

interface Listed {
  readonly at: number;
  readonly found: Promise<ReadonlyMap<string, RecordedObject>>;
}

/** The Kustomizations of a namespace as the API server has them. All who wait for one share one list. */
export class Kustomizations {
  readonly #admin: ClusterUser;
  readonly #path: string;
  #listed: Listed = { at: Number.NEGATIVE_INFINITY, found: Promise.resolve(new Map()) };

  constructor(admin: ClusterUser, namespace: string) {
    this.#admin = admin;
    this.#path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${namespace}/kustomizations`;
  }

  async create(object: RecordedObject): Promise<void> {
    const { status, body } = await this.#admin.ask(this.#path, { method: 'POST', body: object });
    expect(status, JSON.stringify(body)).toBe(201);
  }

  annotate(name: string, annotations: Fields): Promise<void> {
    return this.#patch(name, 'application/merge-patch+json', { metadata: { annotations } });
  }

  /** Puts whole fields into the spec; what is undefined goes. */
  specify(name: string, change: Fields): Promise<void> {
    const operations = Object.entries(change).map(([field, value]) => {
      const path = `/spec/${field}`;
      return value === undefined ? { op: 'remove', path } : { op: 'add', path, value };
    });
    return this.#patch(name, 'application/json-patch+json', operations);
  }

  /** Deletes it and leaves its objects where they are. */
  async abandon(name: string): Promise<void> {
    await this.specify(name, { deletionPolicy: 'Orphan' });
    await this.remove(name);
  }

  /** Deletes it, and waits until it is gone. */
  async remove(name: string): Promise<void> {
    const { status } = await this.#admin.ask(`${this.#path}/${name}`, { method: 'DELETE' });
    expect(status).toBe(200);
    await this.until(name, (object) => object === undefined);
  }

  /** Resolves with what is there as soon as it holds of that. */
  async until(
    name: string,
    holds: (object: RecordedObject | undefined) => boolean,
  ): Promise<RecordedObject | undefined> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const object = (await this.#latest()).get(name);
      if (holds(object)) return object;
      if (performance.now() > deadline)
        throw new Error(
          `Kustomization/${name}: expected another status, got ${JSON.stringify(object?.status)}`,
        );
      await setTimeout(POLL_MS);
    }
  }

  async #patch(name: string, type: PatchType, body: unknown): Promise<void> {
    const answer = await this.#admin.ask(`${this.#path}/${name}`, { method: 'PATCH', type, body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }

  /** What was listed since the caller began to wait. */
  #latest(): Promise<ReadonlyMap<string, RecordedObject>> {
    const now = performance.now();
    if (now - this.#listed.at >= POLL_MS) this.#listed = { at: now, found: this.#list() };
    return this.#listed.found;
  }

  async #list(): Promise<ReadonlyMap<string, RecordedObject>> {
    const { body } = await this.#admin.ask(this.#path);
    const { items } = body as { readonly items: readonly RecordedObject[] };
    return new Map(items.map((item) => [item.metadata.name, item]));
  }
}
