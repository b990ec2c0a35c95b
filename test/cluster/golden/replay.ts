import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeers } from '../../interop/harness/describe-with-peers.ts';
import type { PeerName } from '../../peers/peer.ts';
import type { Cluster } from '../harness/cluster.ts';
import { clusterPrograms } from '../harness/cluster-programs.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import { sharedCluster } from '../harness/shared-cluster.ts';
import { AwaitedSite, patiently } from './awaited-site.ts';
import { comparableObject, comparableStatus } from './comparable.ts';
import { type Difference, differences } from './differences.ts';
import { GoldenSite, type SiteSettings } from './golden-site.ts';
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

interface Push {
  readonly repository?: string;
  readonly tag?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** A scenario that is being replayed. */
export class Replay extends AwaitedSite {
  readonly recording: Recording;
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
    super(namespace, parts.site);
    this.recording = recording;
    this.cluster = parts.cluster;
    this.admin = parts.admin;
    this.user = parts.user;
  }

  /** Runs kubectl in the namespace of the scenario. */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.admin.kubectl(...args, `--namespace=${this.namespace}`);
  }

  /** Publishes a folder of the input; some of its files with other content. */
  push(
    tree: string,
    { repository = `${this.namespace}/app`, tag = 'v1', files = {} }: Push = {},
  ): Promise<void> {
    return this.site.registry.push(this.recording.tree(tree), repository, { tag, files });
  }

  /** Takes the objects of an input file into the configuration, all of them or the named ones. */
  apply(file: string, ...names: readonly string[]): void {
    const objects = this.recording.input(file);
    this.site.apply(
      names.length === 0 ? objects : objects.filter(({ metadata }) => names.includes(metadata.name)),
    );
  }

  /** Waits until an object is not there any more. */
  async isGone(object: string): Promise<void> {
    await this.kubectl('wait', '--for=delete', object, '--timeout=50s');
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
    { fluxObjects, delivered: there }: RecordedState,
    only: string | undefined,
  ): Promise<readonly Difference[]> {
    const delivered = there.filter((object) => !this.#isGiven(object));
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
    await this.until(() => ours() !== undefined);
    this.#aliases.set(String(ours()), String(there));
  }

  /** A Secret or a ConfigMap for the controllers, which had it from the API server; here it is a part of the configuration. */
  #isGiven({ kind, metadata }: RecordedObject): boolean {
    return this.site.objects.some((given) => given.kind === kind && given.metadata.name === metadata.name);
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
  /** How the site differs from others. */
  readonly site?: SiteSettings;
  /** Further programs that it takes. */
  readonly peers?: readonly PeerName[];
  /** Further namespaces. */
  readonly also?: readonly string[];
  /** What kubectl deletes at the end, beside the namespace. */
  readonly leaves?: readonly string[];
}

/** A `describe` in which a scenario is replayed; skipped with the reason in sight where something is missing. */
export function describeReplay(
  title: string,
  { number, namespace, site: settings = {}, peers = [], also = [], leaves = [] }: Scenario,
  body: (replay: () => Replay) => void,
): void {
  if (!hasRecordings) {
    stderr.write(`skipped: ${title}: no ${recordings}\n`);
    describe.skip(`${title} (no ${recordings})`, () => body(() => expect.unreachable()));
    return;
  }
  describeWithPeers(title, [...clusterPrograms, 'flux', ...peers], () => {
    let replay: Replay;
    let home: string;

    beforeAll(async () => {
      const cluster = sharedCluster();
      const admin = cluster.user('admin');
      home = await cluster.createNamespace('golden');
      for (const name of [namespace, ...also]) await admin.kubectl('create', 'namespace', name);
      const user = await cluster.createUser(home, 'cluster-admin');
      const site = await GoldenSite.open(user.kubeconfig, settings);
      replay = new Replay(namespace, new Recording(number), { site, cluster, admin, user });
    });

    afterAll(async () => {
      await replay?.site.close();
      const gone = [...[namespace, ...also, home].map((name) => `namespace/${name}`), ...leaves];
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
