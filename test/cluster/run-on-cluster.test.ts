import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { type AuditMark, isFurtherPage } from './harness/audit-log.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { ClusterSite, type Objects } from './harness/cluster-site.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';
import { type RunningCluster, startCluster } from './harness/start-cluster.ts';

/** Longer than anything here takes on a busy machine. */
const patiently = { timeout: 60_000, interval: 20 };

const configMaps = 40;

interface Content {
  /** Numbers of the ConfigMaps. */
  readonly maps: readonly number[];
  readonly value: string;
}

const all = Array.from({ length: configMaps }, (_, at) => at);

function configMap(name: string, namespace: string, value: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { value } };
}

/** A small application: its namespace, a kind of its own with an object, and what else there is. */
function application(namespace: string, { maps, value }: Content): Objects {
  const group = `${namespace}.test`;
  const metadata = { name: 'app', namespace };
  const labels = { app: 'demo' };
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
  };
  return {
    app: [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              containers: [{ name: 'main', image: 'example.test/app:1', ports: [{ containerPort: 80 }] }],
            },
          },
        },
      },
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: 80 }] } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: 'hunter2' } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: namespace },
        rules: [],
      },
      { apiVersion: `${group}/v1`, kind: 'Gadget', metadata, spec: { size: 1 } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ],
    crd: [
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `gadgets.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
          versions: [{ name: 'v1', served: true, storage: true, schema }],
        },
      },
    ],
    maps: maps.map((at) => configMap(`m${at}`, namespace, value)),
  };
}

const objectCount = configMaps + 8;
const kinds = 9;

/** What one user asked for, as `verb resource`; what changes nothing is `try resource`. */
async function askedBy(cluster: Cluster, user: ClusterUser, mark: AuditMark): Promise<readonly string[]> {
  const entries = await cluster.audit.since(mark);
  return entries
    .filter((entry) => entry.user.username === user.name && entry.objectRef !== undefined)
    .filter((entry) => !isFurtherPage(entry))
    .map(({ verb, objectRef, requestURI }) => {
      const isTrial = requestURI.includes('dryRun=All');
      return `${isTrial ? 'try' : verb} ${objectRef?.resource}`;
    });
}

function count(asked: readonly string[], verb: string): number {
  return asked.filter((one) => one.startsWith(`${verb} `)).length;
}

describeWithPeers('sealift run into a cluster', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let user: ClusterUser;
  let site: ClusterSite;
  /** Made and pruned by the delivery. */
  let namespace: string;

  beforeAll(() => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });

  beforeEach(async () => {
    const home = await cluster.createNamespace('run');
    namespace = `${home}-app`;
    user = await cluster.createUser(home, 'cluster-admin');
    site = await ClusterSite.open(user.kubeconfig);
  });

  afterEach(async () => {
    await site.close();
    await admin.tryKubectl(
      'delete',
      `namespace/${namespace}`,
      `clusterrole/${namespace}`,
      `crd/gadgets.${namespace}.test`,
      '--wait=false',
    );
  });

  const path = (name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const valueAt = async (name: string): Promise<string | undefined> => {
    const { status, body } = await admin.ask(path(name));
    return status === 200 ? (body as { readonly data: { readonly value: string } }).data.value : undefined;
  };
  const values = async (): Promise<Readonly<Record<string, string>>> => {
    const { body } = await admin.ask(
      `/api/v1/namespaces/${namespace}/configmaps?labelSelector=kustomize.toolkit.fluxcd.io/name`,
    );
    const { items } = body as {
      readonly items: readonly {
        readonly metadata: { readonly name: string };
        readonly data: { readonly value: string };
      }[];
    };
    return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, data.value]));
  };
  const expected = ({ maps, value }: Content): object =>
    Object.fromEntries(maps.map((at) => [`m${at}`, value]));
  const isApplied = async (revision: number): Promise<void> =>
    expect
      .poll(() => site.output.match(/ReconciliationSucceeded|Applied revision/g)?.length ?? 0, patiently)
      .toBeGreaterThanOrEqual(revision);
  const deliver = async (content: Content): Promise<void> => {
    await site.publish(application(namespace, content));
    site.start();
    await expect.poll(values, patiently).toEqual(expected(content));
    await isApplied(1);
  };

  it('delivers a signed artifact in stages, as the manager that Flux is', async () => {
    const mark = await cluster.audit.mark();
    await deliver({ maps: all, value: '1' });
    const asked = await askedBy(cluster, user, mark);
    expect(count(asked, 'patch')).toBe(objectCount);
    // The others are so plain that nobody has to be asked.
    const tried = ['clusterroles', 'customresourcedefinitions', 'deployments', 'gadgets', 'services'];
    expect(asked.filter((one) => one.startsWith('try ')).sort()).toEqual(tried.map((one) => `try ${one}`));
    expect(count(asked, 'list')).toBeLessThanOrEqual(2 * kinds);
    // Until the definition is established it is looked at; of the rest it is known that it is not there.
    expect(asked.filter((one) => one.startsWith('get ') && !one.endsWith('definitions'))).toEqual([]);
    // Others have gadgets, too.
    const gadget = `gadgets.${namespace}.test/app`;
    const objects = ['deployment/app', 'service/app', 'secret/app', gadget, 'configmap/m0'];
    const managers =
      '{range .items[*]}{.metadata.managedFields[0].manager} {.metadata.managedFields[0].operation},{end}';
    const args = ['get', ...objects, `--namespace=${namespace}`, `--output=jsonpath=${managers}`];
    expect(await admin.kubectl(...args)).toBe('kustomize-controller Apply,'.repeat(objects.length));
    expect(await site.stop('SIGTERM')).toBe(0);
    process.stderr.write(
      `from empty, ${objectCount} objects of ${kinds} kinds: ${JSON.stringify(tally(asked))}\n`,
    );
  });

  it('asks the API server for nothing while nothing happens, and writes just what is new', async () => {
    await deliver({ maps: all, value: '1' });
    await sleep(1000);
    const quiet = await cluster.audit.mark();
    // The delivery is gone through every second.
    await sleep(6000);
    expect(await askedBy(cluster, user, quiet)).toEqual([]);

    const changed = await cluster.audit.mark();
    const maps = all.filter((at) => at >= 10);
    await site.publish({
      ...application(namespace, { maps, value: '1' }),
      more: [configMap('m5', namespace, '2'), configMap('m6', namespace, '2')],
    });
    await expect.poll(values, patiently).toEqual({ ...expected({ maps, value: '1' }), m5: '2', m6: '2' });
    const asked = await askedBy(cluster, user, changed);
    expect(tally(asked)).toEqual({ 'patch configmaps': 2, 'delete configmaps': 8 });
  });

  it('repairs what another hand changed or deleted, as soon as it sees it', async () => {
    await deliver({ maps: all, value: '1' });
    await sleep(500);
    const mark = await cluster.audit.mark();
    const times: number[] = [];
    const repaired = async (name: string): Promise<void> => {
      const begin = performance.now();
      await expect.poll(() => valueAt(name), { timeout: 60_000, interval: 5 }).toBe('1');
      times.push(performance.now() - begin);
    };
    for (const at of all.slice(0, 20)) {
      const name = `m${at}`;
      const { body } = await admin.ask(path(name));
      if (at % 2 === 0) await admin.ask(path(name), { method: 'DELETE' });
      else
        await admin.ask(path(name), {
          method: 'PUT',
          body: { ...(body as object), data: { value: 'edited' } },
        });
      await repaired(name);
    }
    await admin.kubectl(
      'patch',
      'configmap/m30',
      `--namespace=${namespace}`,
      '--type=merge',
      '--patch={"data":{"value":"x","added":"x"}}',
    );
    await expect
      .poll(async () => ((await admin.ask(path('m30'))).body as { readonly data: object }).data, patiently)
      .toEqual({ value: '1' });
    await admin.kubectl(
      'label',
      'configmap/m31',
      `--namespace=${namespace}`,
      'kustomize.toolkit.fluxcd.io/name-',
    );
    await expect.poll(values, patiently).toEqual(expected({ maps: all, value: '1' }));
    const asked = await askedBy(cluster, user, mark);
    expect(count(asked, 'list')).toBe(0);
    const [median = 0, longest = 0] = [times.sort((a, b) => a - b)[10], times.at(-1)];
    process.stderr.write(
      `repaired: median ${median.toFixed(0)} ms, at most ${longest.toFixed(0)} ms; ${JSON.stringify(tally(asked))}\n`,
    );
  });

  it('after a crash reads a list of each kind, no object, and writes nothing', async () => {
    await deliver({ maps: all, value: '1' });
    await site.stop('SIGKILL');
    const mark = await cluster.audit.mark();
    site.start();
    const watched = async (): Promise<number> => count(await askedBy(cluster, user, mark), 'watch');
    await expect.poll(watched, patiently).toBeGreaterThanOrEqual(kinds);
    await sleep(3000);
    const asked = await askedBy(cluster, user, mark);
    expect(asked.filter((one) => !/^(list|watch) /.test(one))).toEqual([]);
    expect(count(asked, 'list')).toBe(kinds);
  });

  it('orphans nothing when it is killed at any moment of a new revision', async () => {
    await deliver({ maps: all, value: '0' });
    for (let round = 1; round <= 5; round += 1) {
      const content = { maps: all.map((at) => (at < 20 ? at : at + 100 * round)), value: `${round}` };
      await site.publish(application(namespace, content));
      const isUnderWay = async (): Promise<boolean> => Object.values(await values()).includes(`${round}`);
      await expect.poll(isUnderWay, patiently).toBe(true);
      await sleep(round * 25);
      await site.stop('SIGKILL');
      site.start();
      await expect.poll(values, patiently).toEqual(expected(content));
    }
  });
});

function tally(asked: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...new Set(asked)].sort().map((one) => [one, asked.filter((other) => other === one).length]),
  );
}

describeWithPeers('sealift run, and an API server that goes away', clusterPrograms, () => {
  let running: RunningCluster;
  let site: ClusterSite;

  beforeAll(async () => {
    running = await startCluster();
    site = await ClusterSite.open(running.cluster.user('sealift').kubeconfig);
  });
  afterAll(async () => {
    await site?.close();
    await running?.stop();
  });

  it('repairs what was changed while it could not see it', async () => {
    const { cluster } = running;
    const admin = cluster.user('admin');
    const path = '/api/v1/namespaces/default/configmaps/one';
    const valueAt = async (): Promise<unknown> =>
      ((await admin.ask(path)).body as { readonly data?: { readonly value?: string } }).data?.value;
    await site.publish({ one: [configMap('one', 'default', '1')] });
    site.start();
    await expect.poll(valueAt, patiently).toBe('1');
    await running.restartApiServer();
    const patch = '--patch={"data":{"value":"x"}}';
    await admin.kubectl('patch', 'configmap/one', '--namespace=default', '--type=merge', patch);
    await expect.poll(valueAt, patiently).toBe('1');
    const mark = await cluster.audit.mark();
    await sleep(3000);
    expect(await askedBy(cluster, cluster.user('sealift'), mark)).toEqual([]);
  });
});
