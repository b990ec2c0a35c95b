import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLayout, type RegistryServer, serveRegistry } from 'oci-client-ts';
import { ownerLabels } from '../../../src/api/index.ts';
import type { Cluster } from '../harness/cluster.ts';
import type { ClusterPrograms } from '../harness/cluster-programs.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import { ConfiguredAgent } from './configured-agent.ts';
import { defineFluxKinds, startController } from './controller.ts';
import { ControllerSide } from './controller-side.ts';
import type { FieldCase, OtherHand, Side } from './field-case.ts';
import { FieldDifferences } from './field-differences.ts';
import { Kustomizations } from './kustomizations.ts';
import { SealiftSide } from './sealift-side.ts';
import { alsoOf } from './snapshot.ts';

interface Parts {
  readonly admin: ClusterUser;
  readonly namespace: string;
  readonly folder: string;
  readonly registry: RegistryServer;
  readonly cases: readonly FieldCase[];
}

/**
 * Delivers all cases by the real controller, takes everything away again, and delivers them by Sealift: the same objects under the same names
 * from the same artifacts, on the same API server.
 */
export class FieldRun {
  readonly #parts: Parts;
  readonly #there = new Map<string, Promise<ControllerSide>>();
  readonly #here = new Map<string, Promise<unknown>>();
  readonly page = new FieldDifferences();
  #programs: ClusterPrograms | undefined;
  #agent: ConfiguredAgent | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(cluster: Cluster, namespace: string, cases: readonly FieldCase[]): Promise<FieldRun> {
    const folder = mkdtempSync(join(tmpdir(), 'sealift-fields-'));
    const registry = await serveRegistry({ layout: await openLayout(join(folder, 'registry')) });
    return new FieldRun({ admin: cluster.user('admin'), namespace, folder, registry, cases });
  }

  /** By the real controller. A case that goes wrong is told where it is asked for. */
  async deliverThere(user: ClusterUser): Promise<void> {
    const { admin, namespace, folder, cases } = this.#parts;
    await defineFluxKinds(admin);
    this.#programs = await startController(folder, user);
    const kustomizations = new Kustomizations(admin, namespace);
    for (const one of cases) {
      const side = new ControllerSide(one, { admin, namespace, host: this.#host, kustomizations });
      this.#there.set(one.name, this.#play(one, side));
    }
    await Promise.allSettled(this.#there.values());
    for (const name of staying(cases)) await kustomizations.abandon(name);
    await this.#clear();
    await this.#programs.stop();
  }

  /** By Sealift; resolves as soon as it has begun. */
  async deliverHere(user: ClusterUser): Promise<void> {
    const { admin, namespace, cases } = this.#parts;
    const agent = await ConfiguredAgent.open(user.kubeconfig);
    this.#agent = agent;
    const deliver = async (one: FieldCase): Promise<SealiftSide> => {
      const { states } = (await this.#there.get(one.name)) ?? { states: new Map() };
      return this.#play(
        one,
        new SealiftSide(one, states, { admin, namespace, host: this.#host, agent, page: this.page }),
      );
    };
    for (const one of cases) this.#here.set(one.name, deliver(one));
    // Each is looked at later on.
    for (const played of this.#here.values()) played.catch(() => undefined);
  }

  /** Resolves when a case went on Sealift's side as on the controller's; rejects with what differs. */
  async went(name: string): Promise<void> {
    const played = this.#here.get(name);
    if (played === undefined) throw new Error(`${name}: expected a case of the run`);
    await played;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#here.values());
    await this.#agent?.close();
    await this.#programs?.stop();
    await this.#parts.registry.close();
    await rm(this.#parts.folder, { recursive: true });
  }

  get #host(): string {
    return `127.0.0.1:${this.#parts.registry.port}`;
  }

  async #play<T extends Side & { begin(): Promise<void> }>(one: FieldCase, side: T): Promise<T> {
    const kubectl: OtherHand = (...args) =>
      this.#parts.admin.kubectl(...args, `--namespace=${this.#parts.namespace}`);
    await one.before?.(kubectl);
    await side.begin();
    await (one.play === undefined ? side.arrives() : one.play(side, kubectl));
    return side;
  }

  /** As if nothing had ever been delivered. */
  async #clear(): Promise<void> {
    const { admin, namespace, cases } = this.#parts;
    await admin.kubectl('delete', 'kustomizations,ocirepositories', '--all', `--namespace=${namespace}`);
    const kinds = new Set(
      cases
        .flatMap((one) => one.kinds ?? [])
        .concat('v1/configmaps')
        .map(resourceOf),
    );
    const kept = `${ownerLabels.name} notin (${staying(cases).join(',')})`;
    const owned = `--selector=${ownerLabels.namespace}=${namespace},${kept}`;
    await admin.kubectl('delete', [...kinds].join(','), '--all-namespaces', owned);
    for (const [kind, name] of cases.flatMap(alsoOf))
      await admin.kubectl('delete', resourceOf(kind), name, `--namespace=${namespace}`, '--ignore-not-found');
  }
}

/** Deliveries whose objects outlast the controller. */
function staying(cases: readonly FieldCase[]): readonly string[] {
  return cases.filter(({ stays }) => stays === true).flatMap(({ deliveries }) => Object.keys(deliveries));
}

/** As kubectl names it: `apps/v1/deployments` is `deployments.v1.apps`, `v1/configmaps` is `configmaps`. */
function resourceOf(collection: string): string {
  const [resource = '', version = '', group] = collection.split('/').reverse();
  return group === undefined ? resource : `${resource}.${version}.${group}`;
}
