import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry } from '../harness/audit-log.ts';
import type { Cluster } from '../harness/cluster.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import { ApiFaultProxy } from './api-fault-proxy.ts';
import { credentialsIn, FaultSite } from './fault-site.ts';
import { clear, liveObjects } from './live-objects.ts';
import { drawScenario, type Kill, type Revision, type Scenario } from './scenario.ts';

/** What came of one seed. */
export interface FaultRun {
  readonly seed: number;
  /** Empty when all is right. */
  readonly problems: readonly string[];
  readonly faults: ReadonlyMap<string, number>;
  readonly kills: number;
  /** From the end of the faults until all was as asked for and had stayed so for a while, in milliseconds. */
  readonly convergedMs: number;
}

/** Longer than the agent waits for anything, on a machine with other work. */
const convergeLimitMs = 240_000;
/** An agent that has asked for nothing for so long has nothing more to write: a revision may bring fewer writes than would be struck. */
const doneMs = 2_500;
/** Until it is taken for done whatever it does. */
const phaseLimitMs = 60_000;
const lookEveryMs = 200;
/** All deliveries are gone through at least once more. */
const settleMs = 2_500;

interface Bench {
  readonly scenario: Scenario;
  readonly admin: ClusterUser;
  readonly site: FaultSite;
  readonly proxy: ApiFaultProxy;
}

/** Moves a site through the revisions of a seed under faults and kills, then looks at what is there without them. */
export async function runFaults(seed: number, cluster: Cluster): Promise<FaultRun> {
  const scenario = drawScenario(seed);
  const admin = cluster.user('admin');
  const mark = await cluster.audit.mark();
  const credentials = credentialsIn(cluster.user('sealift').kubeconfig);
  const proxy = await ApiFaultProxy.open(seed, credentials);
  const site = await FaultSite.open(scenario.namespace, { ...credentials, server: proxy.url });
  const bench = { scenario, admin, site, proxy };
  try {
    const kills = await goThrough(bench);
    const began = performance.now();
    const problems = await settled(bench);
    const convergedMs = performance.now() - began;
    problems.push(...(await harmDone(cluster, mark, scenario)));
    return { seed, problems, faults: proxy.happened, kills, convergedMs };
  } finally {
    await site.close();
    await proxy.close();
    await clear(admin, scenario);
  }
}

/** Gives back how often the agent was killed. */
async function goThrough({ scenario, site, proxy }: Bench): Promise<number> {
  let kills = 0;
  for (const [at, revision] of scenario.revisions.entries()) {
    await site.move(revision);
    if (at === 0) site.agent.start();
    for (const kill of revision.kills) {
      await killOnce(site, proxy, kill);
      kills += 1;
    }
    if (revision.kills.length === 0) await untilIdle(proxy);
  }
  await untilIdle(proxy);
  proxy.quiet();
  return kills;
}

async function killOnce(site: FaultSite, proxy: ApiFaultProxy, kill: Kill): Promise<void> {
  const act = async (): Promise<void> => {
    await site.agent.stop('SIGKILL');
  };
  const struck = proxy.strikeAt(kill, act);
  await Promise.race([struck, untilIdle(proxy)]);
  // What has begun is waited for; what has not is done now.
  if (proxy.forget()) await act();
  else await struck;
  proxy.forgetIdle();
  site.agent.start();
}

async function untilIdle(proxy: ApiFaultProxy): Promise<void> {
  const limit = performance.now() + phaseLimitMs;
  while (proxy.idleMs < doneMs && performance.now() < limit) await sleep(lookEveryMs);
}

/** Waits until the cluster and the inventories are as the last revision asks for, and stay so. */
async function settled(bench: Bench): Promise<string[]> {
  const { scenario, site } = bench;
  const expected = expectedOf(scenario.revisions.at(-1));
  const limit = performance.now() + convergeLimitMs;
  let problems = await differences(bench, expected);
  while (problems.length > 0 && performance.now() < limit) {
    await sleep(lookEveryMs);
    problems = await differences(bench, expected);
  }
  if (problems.length > 0) return [...problems, site.agent.output];
  await sleep(settleMs);
  const code = await site.agent.stop('SIGTERM');
  const ended = code === 0 ? [] : [`sealift run: expected exit code 0, got ${code}\n${site.agent.output}`];
  return [...ended, ...(await differences(bench, expected))];
}

type Expected = Readonly<Record<string, string>>;

function expectedOf(revision: Revision | undefined): Expected {
  const asked = (revision?.objects ?? []).filter(({ delivery }) => revision?.deliveries.includes(delivery));
  return Object.fromEntries(asked.map(({ id, delivery, value }) => [id, `${delivery} ${value}`]).sort());
}

async function differences({ scenario, admin, site }: Bench, expected: Expected): Promise<string[]> {
  const live = await liveObjects(admin, scenario);
  const held = site.inventory().map(asId).sort();
  const wanted = Object.entries(expected)
    .map(([id, said]) => `${said.split(' ')[0]} ${id}`)
    .sort();
  const ids = [...new Set([...Object.keys(expected), ...Object.keys(live)])];
  const wrong = ids.filter((id) => live[id] !== expected[id]);
  return [
    ...wrong.map((id) => `${id}: expected ${expected[id] ?? 'nothing'}, got ${live[id] ?? 'nothing'}`),
    ...wanted.filter((one) => !held.includes(one)).map((one) => `inventory: expected ${one}, got none`),
    ...held.filter((one) => !wanted.includes(one)).map((one) => `inventory: expected no ${one}`),
  ];
}

/** `DELIVERY Kind/namespace/name` of `DELIVERY namespace_name_group_Kind`. */
function asId(entry: string): string {
  const [delivery, id = ''] = entry.split(' ');
  const [namespace, name, , kind] = id.split('_');
  return `${delivery} ${kind}/${namespace}/${name}`;
}

const plurals: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Namespace: 'namespaces',
  ClusterRole: 'clusterroles',
  CustomResourceDefinition: 'customresourcedefinitions',
  Gadget: 'gadgets',
};

interface Fate {
  readonly id: string;
  made: number;
  deleted: number;
}

/** What every revision asked for was made once and never deleted, whoever saw it. */
async function harmDone(cluster: Cluster, mark: number, scenario: Scenario): Promise<string[]> {
  const fates = new Map(
    [...scenario.permanent].map((id): [string, Fate] => {
      const [kind = '', namespace, name] = id.split('/');
      return [`${plurals[kind]}/${namespace}/${name}`, { id, made: 0, deleted: 0 }];
    }),
  );
  for (const entry of await cluster.audit.since(mark)) note(entry, fates);
  return [...fates.values()]
    .filter(({ made, deleted }) => made !== 1 || deleted > 0)
    .map(
      ({ id, made, deleted }) => `${id}: expected it to be made once, got ${made}, and ${deleted} deletions`,
    );
}

function note({ verb, objectRef, responseStatus, requestURI }: AuditEntry, fates: Map<string, Fate>): void {
  if (objectRef === undefined || objectRef.subresource !== undefined) return;
  const { resource, namespace = '', name } = objectRef;
  const fate = fates.get(`${resource}/${resource === 'namespaces' ? '' : namespace}/${name}`);
  if (fate === undefined || requestURI.includes('dryRun=')) return;
  const code = responseStatus?.code;
  if (verb === 'patch' && code === 201) fate.made += 1;
  if (verb === 'delete' && code === 200) fate.deleted += 1;
}
