import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Condition, DeliveryStatus } from '../../src/api/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { ClusterSite } from './harness/cluster-site.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

/** Longer than anything here takes on a busy machine. */
const patiently = { timeout: 120_000, interval: 50 };

const configMaps = 30;
const kills = 5;

type Status = Pick<DeliveryStatus, 'conditions' | 'lastAppliedRevision' | 'lastAttemptedRevision'>;

describeWithPeers('a delivery that goes back by itself, on a real API server', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let namespace: string;
  let site: ClusterSite;

  beforeAll(() => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });

  beforeEach(async () => {
    namespace = await cluster.createNamespace('back');
    const user = await cluster.createUser(namespace, 'cluster-admin');
    site = await ClusterSite.open(user.kubeconfig);
    await site.configure({ wait: true, timeout: '2m' }, { 'sealift.dev/rollback': 'enabled' });
  });

  afterEach(() => site.close());

  const configMap = (name: string, version: string): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { version },
  });

  const deployment = (fate?: string): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 1,
      progressDeadlineSeconds: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', ...(fate === undefined ? {} : { fate }) } },
        spec: { nodeName: 'kwok', containers: [{ name: 'main', image: 'example.test/app:1' }] },
      },
    },
  });

  const crashing = (): object => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace },
    spec: {
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db', fate: 'crashes' } },
        spec: { nodeName: 'kwok', containers: [{ name: 'main', image: 'example.test/app:1' }] },
      },
    },
  });

  const invalidDefinition = (): object => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `tasks.${namespace}.test` },
    spec: {
      group: `${namespace}.test`,
      scope: 'Namespaced',
      names: { plural: 'others', singular: 'task', kind: 'Task', listKind: 'TaskList' },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
    },
  });

  /** Objects of a version: many that change and one that is there only then. */
  const application = (
    version: string,
    ...others: readonly object[]
  ): { readonly all: readonly object[] } => {
    const names = Array.from({ length: configMaps }, (_, at) => `m${at}`);
    return { all: [...names, `only-${version}`].map((name) => configMap(name, version)).concat(others) };
  };

  async function status(): Promise<Status> {
    const text = await site.bench.succeed('status', '--state-dir', site.bench.path('state'), '-o', 'json');
    const objects = JSON.parse(text) as readonly { readonly kind: string; readonly status: Status }[];
    const found = objects.find(({ kind }) => kind === 'Kustomization');
    if (found === undefined) throw new Error('no Kustomization in the status');
    return found.status;
  }

  const readyOf = async (): Promise<Condition | undefined> =>
    (await status()).conditions.find(({ type }) => type === 'Ready');

  /** Versions of all ConfigMaps that were delivered. */
  async function versions(): Promise<Readonly<Record<string, string>>> {
    const selector = '?labelSelector=kustomize.toolkit.fluxcd.io/name';
    const { body } = await admin.ask(`/api/v1/namespaces/${namespace}/configmaps${selector}`);
    const { items } = body as {
      readonly items: readonly { metadata: { name: string }; data: { version: string } }[];
    };
    return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, data.version]));
  }

  const expected = (version: string): object => {
    const names = Array.from({ length: configMaps }, (_, at) => `m${at}`);
    return Object.fromEntries([...names, `only-${version}`].map((name) => [name, version]));
  };

  /** Delivers a version that holds. */
  async function deliverGood(): Promise<string> {
    await site.publish(application('good', deployment()));
    site.start();
    await expect.poll(() => site.output, patiently).toContain('Health check passed');
    expect(await versions()).toEqual(expected('good'));
    return (await status()).lastAppliedRevision ?? '';
  }

  /** Denies every ConfigMap of a version in this namespace. */
  async function deny(version: string): Promise<void> {
    const name = `${namespace}-deny`;
    const registration = 'admissionregistration.k8s.io/v1';
    const policy = {
      apiVersion: registration,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['configmaps'],
            },
          ],
        },
        validations: [
          { expression: `object.data.version != '${version}'`, message: 'this version is denied' },
        ],
      },
    };
    const binding = {
      apiVersion: registration,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        },
      },
    };
    const collection = `/apis/${registration}/validatingadmissionpolic`;
    await admin.ask(`${collection}ies`, { method: 'POST', body: policy });
    await admin.ask(`${collection}ybindings`, { method: 'POST', body: binding });
    const tried = async (): Promise<number> => {
      const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
      return (await admin.ask(path, { method: 'POST', body: configMap('probe', version) })).status;
    };
    await expect.poll(tried, patiently).toBe(422);
  }

  interface Case {
    readonly what: string;
    readonly why: RegExp;
    readonly bad: () => readonly object[];
    readonly before?: () => Promise<void>;
  }

  const cases: readonly Case[] = [
    {
      what: 'an image that cannot be pulled',
      why: /ProgressDeadlineExceeded/,
      bad: () => [deployment('has-no-image')],
    },
    {
      what: 'a container that crashes again and again',
      why: /CrashLoopBackOff/,
      bad: () => [deployment(), crashing()],
    },
    {
      what: 'a definition that is invalid',
      why: /must be spec\.names\.plural/,
      bad: () => [deployment(), invalidDefinition()],
    },
    {
      what: 'an object that admission denies',
      why: /this version is denied/,
      bad: () => [deployment()],
      before: () => deny('bad'),
    },
  ];

  it.each(cases)('returns from $what, and says so', async ({ why, bad, before }) => {
    await before?.();
    const good = await deliverGood();
    await site.publish(application('bad', ...bad()));
    await expect.poll(async () => (await readyOf())?.reason, patiently).toBe('RolledBack');
    expect(await versions()).toEqual(expected('good'));
    const { lastAppliedRevision, lastAttemptedRevision, conditions } = await status();
    expect(lastAppliedRevision).toBe(good);
    expect(lastAttemptedRevision).not.toBe(good);
    const message = (await readyOf())?.message ?? '';
    expect(message).toMatch(why);
    expect(message).toContain(`the last good one, ${good}, is in force again`);
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Stalled', status: 'True' }));
    const mark = await cluster.audit.mark();
    await sleep(3_000);
    const writes = (await cluster.audit.since(mark)).filter(
      ({ verb, objectRef }) => objectRef?.namespace === namespace && /patch|delete|create/.test(verb),
    );
    expect(writes.filter(({ objectRef }) => objectRef?.resource === 'configmaps')).toEqual([]);
    await site.publish(application('next', deployment()));
    await expect.poll(versions, patiently).toEqual(expected('next'));
    await expect.poll(async () => (await readyOf())?.status, patiently).toBe('True');
  });

  it(`comes back however often it is killed on the way, ${kills} times`, { timeout: 600_000 }, async () => {
    const good = await deliverGood();
    for (let round = 1; round <= kills; round += 1) {
      await site.publish(application(`bad${round}`, deployment('has-no-image')));
      await expect.poll(() => site.output, { timeout: 120_000, interval: 2 }).toContain('RollingBack');
      await sleep(round * 15);
      await site.stop('SIGKILL');
      site.start();
      await expect.poll(versions, patiently).toEqual(expected('good'));
      await expect.poll(async () => (await readyOf())?.reason, patiently).toBe('RolledBack');
      expect((await status()).lastAppliedRevision).toBe(good);
    }
  });
});
