import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SealiftEvent } from '../../../src/core/index.ts';
import { describeWithPeers } from '../../interop/harness/describe-with-peers.ts';
import type { PeerName } from '../../peers/peer.ts';
import type { AuditMark } from '../harness/audit-log.ts';
import type { Cluster } from '../harness/cluster.ts';
import { clusterPrograms } from '../harness/cluster-programs.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import { sharedCluster } from '../harness/shared-cluster.ts';
import { AwaitedSite, patiently } from './awaited-site.ts';
import { GoldenSite, type SiteSettings } from './golden-site.ts';
import { listedDifferences, type Unexpected, unexpected } from './listed-differences.ts';
import { type Fields, hasRecordings, Recording, recordings } from './recording.ts';
import { requestsOf } from './requests.ts';
import { stateDifferences } from './state-differences.ts';
import { surplusRequests, surplusWrites } from './surplus-requests.ts';
import { factDifferences } from './told-facts.ts';

interface Push {
  readonly repository?: string;
  readonly tag?: string;
  readonly files?: Readonly<Record<string, string>>;
}

interface ReplayParts {
  readonly mark: AuditMark;
  readonly isTimed: boolean;
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
  #toldBefore = 0;
  #askedBefore: AuditMark;
  readonly #isTimed: boolean;

  constructor(
    namespace: string,
    recording: Recording,
    parts: Pick<Replay, 'site' | 'cluster' | 'admin' | 'user'> & ReplayParts,
  ) {
    super(namespace, parts.site);
    this.recording = recording;
    this.cluster = parts.cluster;
    this.admin = parts.admin;
    this.user = parts.user;
    this.#askedBefore = parts.mark;
    this.#isTimed = parts.isTimed;
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
      unexpected(
        state,
        await stateDifferences(recording.state(label), { scene: this, only, aliases: this.#aliases }),
      );
    await expect.poll(found, { ...patiently, message: state }).toEqual(good);
    if (label !== '' || only !== undefined) return;
    await this.#hasTold(recording);
    await this.#hasAsked(recording);
  }

  /** Waits until what was told since the last end of a scenario is what Flux told in this one, but for what is listed to differ. */
  async #hasTold(recording: Recording): Promise<void> {
    const state = `${recording.number}@events`;
    this.#states.add(state);
    const told = (): readonly SealiftEvent[] => this.site.events.slice(this.#toldBefore);
    const found = (): Unexpected =>
      unexpected(state, factDifferences(recording.posts(), told(), this.#aliases));
    const good: Unexpected = { unlisted: [], gone: [] };
    await expect.poll(found, { ...patiently, message: state }).toEqual(good);
    this.#toldBefore += told().length;
  }

  /** Since the last end of a scenario nothing was asked or written more often than by Flux in this one, but for what is listed. */
  async #hasAsked(recording: Recording): Promise<void> {
    const state = `${recording.number}@requests`;
    this.#states.add(state);
    const { audit } = this.cluster;
    const here = requestsOf(this.user.name, await audit.since(this.#askedBefore));
    this.#askedBefore = await audit.mark();
    const there = recording.requests();
    const inAll = this.#isTimed ? [] : surplusRequests(there, here);
    const found = unexpected(state, [...surplusWrites(there, here), ...inAll]);
    expect(found, state).toEqual({ unlisted: [], gone: [] });
  }

  /** States that the page lists of these scenarios, and that were never arrived at. */
  missed(): readonly string[] {
    const numbers = new Set([...this.#states].map(numberOf));
    const listed = listedDifferences().flatMap(({ where }) => where);
    return listed.filter((state) => numbers.has(numberOf(state)) && !this.#states.has(state));
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
  /** Something is waited for or tried again: how often the API server is asked is a matter of time. Default false. */
  readonly isTimed?: boolean;
  /** What kubectl deletes at the end, beside the namespace. */
  readonly leaves?: readonly string[];
}

/** A `describe` in which a scenario is replayed; skipped with the reason in sight where something is missing. */
export function describeReplay(
  title: string,
  { number, namespace, site: settings = {}, peers = [], also = [], isTimed = false, leaves = [] }: Scenario,
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
      replay = new Replay(namespace, new Recording(number), {
        site,
        cluster,
        admin,
        user,
        mark: await cluster.audit.mark(),
        isTimed,
      });
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
