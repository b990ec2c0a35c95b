import { expect } from 'vitest';
import { isReady, requestedAtAnnotation } from '../../../src/api/index.ts';
import { comparableStatus } from '../golden/comparable.ts';
import { type Difference, differences } from '../golden/differences.ts';
import type { Fields } from '../golden/recording.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import type { ConfiguredAgent } from './configured-agent.ts';
import type { FieldCase, Side, Snapshot, Tree } from './field-case.ts';
import type { FieldDifferences } from './field-differences.ts';
import { deliveriesOf, givenTo, sourceOf } from './flux-objects.ts';
import { publishTree } from './publication.ts';
import { objectsOf, snapshotOf } from './snapshot.ts';

/** All cases are delivered at once, by one process: on a busy machine that takes its time. */
const patiently = { timeout: 200_000, interval: 300 } as const;

interface SealiftParts {
  readonly admin: ClusterUser;
  readonly namespace: string;
  readonly host: string;
  readonly agent: ConfiguredAgent;
  readonly page: FieldDifferences;
}

/** A case as Sealift delivers it. Each state is held against the one that the real controller left. */
export class SealiftSide implements Side {
  readonly #case: FieldCase;
  readonly #parts: SealiftParts;
  readonly #there: ReadonlyMap<string, Snapshot>;
  readonly #deliveries: Set<string>;
  #requests = 0;

  constructor(one: FieldCase, there: ReadonlyMap<string, Snapshot>, parts: SealiftParts) {
    this.#case = one;
    this.#there = there;
    this.#parts = parts;
    this.#deliveries = new Set(Object.keys(one.deliveries));
  }

  async begin(): Promise<void> {
    const { admin, namespace, host, agent } = this.#parts;
    await publishTree(host, this.#case.name, this.#case.tree);
    agent.apply([
      ...givenTo(this.#case, admin),
      sourceOf(this.#case, namespace, host),
      ...deliveriesOf(this.#case, namespace),
    ]);
    await this.#until(() => agent.source(this.#case.name, namespace)?.artifact !== undefined);
  }

  async publish(tree: Tree): Promise<void> {
    const { namespace, host, agent } = this.#parts;
    const { name } = this.#case;
    const digest = await publishTree(host, name, tree);
    agent.change('OCIRepository', name, { annotations: { [requestedAtAnnotation]: `${++this.#requests}` } });
    await this.#until(() => agent.source(name, namespace)?.artifact?.revision.endsWith(digest) === true);
  }

  specify(change: Fields, delivery = this.#case.name): Promise<void> {
    this.#parts.agent.change('Kustomization', delivery, { spec: change });
    return Promise.resolve();
  }

  async withdraw(delivery: string): Promise<void> {
    this.#parts.agent.remove('Kustomization', delivery);
    this.#deliveries.delete(delivery);
    await this.#until(() => this.#status(delivery) === undefined);
  }

  async arrives(label = ''): Promise<void> {
    for (const delivery of this.#deliveries) {
      const requested = `${++this.#requests}`;
      this.#parts.agent.change('Kustomization', delivery, {
        annotations: { [requestedAtAnnotation]: requested },
      });
      await this.#until(() => this.#status(delivery)?.lastHandledReconcileAt === requested);
    }
    await this.#compare(label);
  }

  rests(label: string): Promise<void> {
    return this.#compare(label);
  }

  waits(label: string): Promise<void> {
    return this.#compare(label);
  }

  async recovers(label: string): Promise<void> {
    for (const delivery of this.#deliveries)
      await this.#until(() => isReady(this.#status(delivery)?.conditions ?? []));
    await this.#compare(label);
  }

  #status(delivery: string): ReturnType<ConfiguredAgent['delivery']> {
    return this.#parts.agent.delivery(delivery, this.#parts.namespace);
  }

  async #until(holds: () => boolean): Promise<void> {
    await expect.poll(holds, { ...patiently, message: this.#case.name }).toBe(true);
  }

  async #compare(label: string): Promise<void> {
    const state = `${this.#case.name}${label === '' ? '' : `@${label}`}`;
    const there = this.#there.get(label);
    if (there === undefined) throw new Error(`${state}: expected a state of the controller, got none`);
    const unlisted = async (): Promise<readonly Difference[]> => {
      const here = await this.#snapshot();
      const names = [...new Set([...Object.keys(there), ...Object.keys(here)])];
      const found = names.flatMap((subject) => differences(subject, there[subject], here[subject]));
      return this.#parts.page.unlisted(state, found);
    };
    await expect.poll(unlisted, { ...patiently, message: state }).toEqual([]);
  }

  async #snapshot(): Promise<Snapshot> {
    const { admin, namespace } = this.#parts;
    const objects = await objectsOf(admin, this.#case, namespace);
    const statuses = [...this.#deliveries].map(
      (name) => [`Kustomization/${name}`, comparableStatus('Kustomization', this.#status(name))] as const,
    );
    return { ...Object.fromEntries(statuses), ...snapshotOf(objects, namespace) };
  }
}
