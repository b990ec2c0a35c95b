import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Condition } from '../../src/api/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { ClusterSite } from './harness/cluster-site.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

/** Longer than anything here takes on a busy machine. */
const patiently = { timeout: 120_000, interval: 100 };

const hold = 'example.com/hold';

describeWithPeers('objects that are deleted and not gone, on a real API server', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let user: ClusterUser;
  let namespace: string;
  let inner: string;
  let site: ClusterSite;

  beforeAll(() => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });

  beforeEach(async () => {
    namespace = await cluster.createNamespace('going');
    inner = `${namespace}-inner`;
    user = await cluster.createUser(namespace, 'cluster-admin');
    site = await ClusterSite.open(user.kubeconfig);
  });

  afterEach(async () => {
    await letGo().catch(() => undefined);
    await site.close();
    await admin.tryKubectl('delete', 'namespace', inner, '--wait=false', '--ignore-not-found');
  });

  const inside = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '' } };
  const configMap = (name: string, where = namespace, finalizers: readonly string[] = []): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: where, ...(finalizers.length === 0 ? {} : { finalizers }) },
  });

  /** The configuration, with another delivery beside; without this one once it is taken out. */
  async function configure(policy: string | undefined, timeout = '10m'): Promise<void> {
    await site.configure({
      path: './app',
      timeout,
      ...(policy === undefined ? {} : { deletionPolicy: policy }),
    });
    const text = await readFile(site.bench.path('site/site.yaml'), 'utf8');
    const documents = text.split('---\n');
    const app = documents.find((one) => one.includes('kind: Kustomization')) ?? '';
    const other = app.replaceAll('name: app', 'name: other').replace('path: ./app', 'path: ./other');
    const beside = other.replace(/(sourceRef:\n(?: {4}.*\n)*? {4})name: other/, '$1name: app');
    const kept = policy === undefined ? documents.filter((one) => one !== app) : documents;
    await site.bench.write('site/site.yaml', [...kept, beside].join('---\n'));
  }

  async function conditions(name: string): Promise<readonly Condition[] | undefined> {
    const text = await site.bench.succeed('status', '--state-dir', site.bench.path('state'), '-o', 'json');
    const objects = JSON.parse(text) as readonly {
      readonly kind: string;
      readonly metadata: { readonly name: string };
      readonly status: { readonly conditions: readonly Condition[] };
    }[];
    return objects.find(({ kind, metadata }) => kind === 'Kustomization' && metadata.name === name)?.status
      .conditions;
  }

  const messageOf = async (type: string): Promise<string | undefined> =>
    (await conditions('app'))?.find((one) => one.type === type)?.message;

  const isThere = async (kind: string, name: string, where: string): Promise<boolean> =>
    (await admin.ask(`/api/v1/${kind === 'namespaces' ? '' : `namespaces/${where}/`}${kind}/${name}`))
      .status === 200;

  async function letGo(): Promise<void> {
    const patch = '--patch={"metadata":{"finalizers":null}}';
    for (const where of [inner, namespace])
      await admin.tryKubectl('patch', 'configmap/held', '--type=merge', patch, `--namespace=${where}`);
  }

  it('WaitForTermination: a Namespace and what is held in it are waited for, through a kill, and deleted once', async () => {
    const all = [
      { ...inside, metadata: { name: inner } },
      configMap('held', inner, [hold]),
      configMap('free'),
    ];
    await site.publish({ 'app/all': all, 'other/all': [configMap('beside')] });
    await configure('WaitForTermination');
    site.start();
    await expect.poll(() => isThere('configmaps', 'beside', namespace), patiently).toBe(true);
    await expect.poll(() => isThere('configmaps', 'free', namespace), patiently).toBe(true);
    const mark = await cluster.audit.mark();
    await configure(undefined);
    await expect
      .poll(() => messageOf('Terminating'), patiently)
      .toBe(
        [
          `ConfigMap/${inner}/held is deleted and not gone yet, held by ${hold}`,
          `Namespace/${inner} is deleted and not gone yet`,
        ].join('\n'),
      );
    expect(await isThere('configmaps', 'free', namespace)).toBe(false);
    await site.stop('SIGKILL');
    site.start();
    // What it waits for holds up nothing else.
    await admin.kubectl('delete', 'configmap/beside', `--namespace=${namespace}`);
    await expect.poll(() => isThere('configmaps', 'beside', namespace), patiently).toBe(true);
    expect(await messageOf('Terminating')).toContain(hold);
    await letGo();
    await expect.poll(() => conditions('app'), patiently).toBeUndefined();
    expect(await isThere('namespaces', inner, '')).toBe(false);
    const deletions = (await cluster.audit.since(mark)).filter(
      ({ verb, user: who }) => verb === 'delete' && who.username === user.name,
    );
    expect(deletions.map(({ objectRef }) => objectRef?.name).toSorted()).toEqual(
      ['free', 'held', inner].toSorted(),
    );
    expect(await isThere('configmaps', 'beside', namespace)).toBe(true);
  });

  it('a pruned object that is held is named beside Ready, holds nothing up, and is forgotten by a watch', async () => {
    await site.publish({
      'app/all': [configMap('held', namespace, [hold]), configMap('one')],
      'other/all': [configMap('beside')],
    });
    await configure('MirrorPrune');
    site.start();
    await expect.poll(() => isThere('configmaps', 'one', namespace), patiently).toBe(true);
    await site.publish({
      'app/all': [configMap('one'), configMap('two')],
      'other/all': [configMap('beside')],
    });
    const expected = `ConfigMap/${namespace}/held is deleted and not gone yet, held by ${hold}`;
    await expect.poll(() => messageOf('Terminating'), patiently).toBe(expected);
    expect(await isThere('configmaps', 'two', namespace)).toBe(true);
    expect(await messageOf('Ready')).toContain('Applied revision');
    const mark = await cluster.audit.mark();
    await letGo();
    await expect.poll(() => messageOf('Terminating'), patiently).toBeUndefined();
    const asked = (await cluster.audit.since(mark)).filter(
      ({ verb, user: who }) => who.username === user.name && verb !== 'watch',
    );
    expect(asked.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  });
});
