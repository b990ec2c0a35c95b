import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReady } from '../../../src/api/index.ts';
import { describeWithPeers } from '../../interop/harness/describe-with-peers.ts';
import type { Cluster } from '../harness/cluster.ts';
import { clusterPrograms } from '../harness/cluster-programs.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import { sharedCluster } from '../harness/shared-cluster.ts';
import { comparableObject, comparableStatus } from './comparable.ts';
import { type Difference, differences } from './differences.ts';
import { GoldenSite } from './golden-site.ts';
import { listedDifferences, type Unexpected, unexpected } from './listed-differences.ts';
import { ownedNames, type Place, placeOf, readLive } from './live-objects.ts';
import {
  type Fields,
  hasRecordings,
  type RecordedObject,
  type RecordedState,
  Recording,
  recordings,
} from './recording.ts';

/** Longer than anything takes here on a busy machine. */
export const patiently = { timeout: 120_000, interval: 100 } as const;

/** A scenario that is being replayed. */
export class Replay {
  readonly recording: Recording;
  readonly namespace: string;
  readonly site: GoldenSite;
  readonly cluster: Cluster;
  readonly admin: ClusterUser;
  /** Who the agent is to the API server. */
  readonly user: ClusterUser;
  readonly #aliases = new Map<string, string>();
  readonly #states = new Set<string>();

  constructor(
    namespace: string,
    recording: Recording,
    parts: Pick<Replay, 'site' | 'cluster' | 'admin' | 'user'>,
  ) {
    this.namespace = namespace;
    this.recording = recording;
    this.site = parts.site;
    this.cluster = parts.cluster;
    this.admin = parts.admin;
    this.user = parts.user;
  }

  /** Runs kubectl in the namespace of the scenario. */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.admin.kubectl(...args, `--namespace=${this.namespace}`);
  }

  push(tree: string, { repository = `${this.namespace}/app`, tag = 'v1' } = {}): Promise<void> {
    return this.site.push(this.recording.tree(tree), repository, { tag });
  }

  /** Takes the objects of an input file into the configuration, all of them or the named ones. */
  apply(file: string, ...names: readonly string[]): void {
    const objects = this.recording.input(file);
    this.site.apply(
      names.length === 0 ? objects : objects.filter(({ metadata }) => names.includes(metadata.name)),
    );
  }

  /** Asks for a poll of the source. */
  poll(name = 'app'): Promise<void> {
    const requested = this.site.request('OCIRepository', name);
    return this.#until(() => this.site.source(name, this.namespace)?.lastHandledReconcileAt === requested);
  }

  /** Asks for a run of a delivery, and waits for its end. */
  run(name = 'app'): Promise<void> {
    const requested = this.site.request('Kustomization', name);
    return this.#until(() => this.site.delivery(name, this.namespace)?.lastHandledReconcileAt === requested);
  }

  /** Waits until a delivery has applied what its source has in force. */
  succeeds(name = 'app'): Promise<void> {
    return this.#until(() => {
      const { lastAppliedRevision, conditions = [] } = this.site.delivery(name, this.namespace) ?? {};
      const inForce = this.site.source('app', this.namespace)?.artifact?.revision;
      return isReady(conditions) && lastAppliedRevision === inForce;
    });
  }

  async #until(holds: () => boolean): Promise<void> {
    await expect.poll(holds, patiently).toBe(true);
  }

  /** Waits until all there is, is as in a recorded state, but for what is listed to differ. */
  async arrives(
    label = '',
    { recording = this.recording, only = undefined as string | undefined } = {},
  ): Promise<void> {
    const state = `${recording.number}${label === '' ? '' : `@${label}`}${only === undefined ? '' : `+${only.split(',').length > 1 ? 'most' : only}`}`;
    this.#states.add(state);
    const good: Unexpected = { unlisted: [], gone: [] };
    const found = async (): Promise<Unexpected> =>
      unexpected(state, await this.#differences(recording.state(label), only));
    await expect.poll(found, { ...patiently, message: state }).toEqual(good);
  }

  /** States that the page lists of these scenarios, and that were never arrived at. */
  missed(): readonly string[] {
    const numbers = new Set([...this.#states].map(numberOf));
    const listed = listedDifferences().flatMap(({ where }) => where);
    return listed.filter((state) => numbers.has(numberOf(state)) && !this.#states.has(state));
  }

  /** With `only`, a single delivery is looked at. */
  async #differences(
    { fluxObjects, delivered }: RecordedState,
    only: string | undefined,
  ): Promise<readonly Difference[]> {
    const concerned = fluxObjects.filter(
      ({ kind, metadata }) =>
        only === undefined || kind !== 'Kustomization' || only.split(',').includes(metadata.name),
    );
    const statuses = concerned.flatMap((object) => this.#statusDifferences(object));
    const objects = await Promise.all(delivered.map((object) => this.#objectDifferences(object)));
    const surplus = await this.#surplus(delivered);
    return [...statuses, ...objects.flat(), ...surplus];
  }

  /**
   * A state rests on an artifact that was not kept: its revision, which the source has taken up here and there, is told by the same name from
   * now on.
   */
  async alias(label: string): Promise<void> {
    const { fluxObjects } = this.recording.state(label);
    const source = fluxObjects.find(({ kind }) => kind === 'OCIRepository');
    const there = (source?.status?.['artifact'] as Fields | undefined)?.['revision'];
    const ours = (): string | undefined => this.site.source('app', this.namespace)?.artifact?.revision;
    await this.#until(() => ours() !== undefined);
    this.#aliases.set(String(ours()), String(there));
  }

  #statusDifferences({ kind, metadata, status }: RecordedObject): readonly Difference[] {
    const { name } = metadata;
    const own =
      kind === 'Kustomization'
        ? this.site.delivery(name, this.namespace)
        : this.site.source(name, this.namespace);
    let here = JSON.stringify(comparableStatus(kind, own) ?? null);
    for (const [ours, theirs] of this.#aliases) here = here.replaceAll(ours, theirs);
    return differences(`${kind}/${name}`, comparableStatus(kind, status), JSON.parse(here) ?? undefined);
  }

  async #objectDifferences(object: RecordedObject): Promise<readonly Difference[]> {
    const { kind, metadata } = object;
    const live = await readLive(this.admin, placeOf(object), metadata.name);
    return differences(`${kind}/${metadata.name}`, comparableObject(object), comparableObject(live));
  }

  /** Delivered objects of the recorded kinds that were not there. */
  async #surplus(delivered: readonly RecordedObject[]): Promise<readonly Difference[]> {
    const places = new Map<string, Place>(
      delivered.map((object) => [JSON.stringify(placeOf(object)), placeOf(object)]),
    );
    const found = [...places].map(async ([key, place]) => {
      const recorded = delivered
        .filter((object) => JSON.stringify(placeOf(object)) === key)
        .map(({ metadata }) => metadata.name);
      const names = await ownedNames(this.admin, place, this.namespace);
      return names
        .filter((name) => !recorded.includes(name))
        .map((name) => ({ what: `${place.kind}/${name}`, there: '', here: '{}' }));
    });
    return (await Promise.all(found)).flat();
  }
}

const numberOf = (state: string): string => state.split(/[@+]/)[0] ?? '';

interface Scenario {
  /** As in `06b`. */
  readonly number: string;
  readonly namespace: string;
  /** What kubectl deletes at the end, beside the namespace. */
  readonly leaves?: readonly string[];
}

/** A `describe` in which a scenario is replayed; skipped with the reason in sight where something is missing. */
export function describeReplay(
  title: string,
  { number, namespace, leaves = [] }: Scenario,
  body: (replay: () => Replay) => void,
): void {
  if (!hasRecordings) {
    stderr.write(`skipped: ${title}: no ${recordings}\n`);
    describe.skip(`${title} (no ${recordings})`, () => body(() => expect.unreachable()));
    return;
  }
  describeWithPeers(title, [...clusterPrograms, 'flux'], () => {
    let replay: Replay;
    let home: string;

    beforeAll(async () => {
      const cluster = sharedCluster();
      const admin = cluster.user('admin');
      home = await cluster.createNamespace('golden');
      await admin.kubectl('create', 'namespace', namespace);
      const user = await cluster.createUser(home, 'cluster-admin');
      const site = await GoldenSite.open(user.kubeconfig);
      replay = new Replay(namespace, new Recording(number), { site, cluster, admin, user });
    });

    afterAll(async () => {
      await replay?.site.close();
      const gone = [`namespace/${namespace}`, `namespace/${home}`, ...leaves];
      await sharedCluster()
        .user('admin')
        .tryKubectl('delete', '--wait=false', '--ignore-not-found', ...gone);
    });

    body(() => replay);

    it('was in every state of which the page lists a difference', () => {
      expect(replay.missed()).toEqual([]);
    });
  });
}
