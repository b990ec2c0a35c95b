import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import { type InventoryEntry, inventoryId } from '../../src/api/index.ts';
import { applyPlan, markOwned, observeDelivery, planDelivery } from '../../src/apply/index.ts';
import { type KubernetesObject, refOf, type SealiftError, type Target } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { createKubernetesTarget } from '../../src/target/kubernetes/kubernetes-target.ts';
import { createMemoryTraces } from '../fakes/memory-traces.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { AuditMark } from './harness/audit-log.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

const idle = new AbortController().signal;
const owner = { name: 'apps', namespace: 'flux-system' };
const patiently = { timeout: 60_000 };
const admission = '/apis/admissionregistration.k8s.io/v1';

type Fields = Readonly<Record<string, unknown>>;

function object(apiVersion: string, kind: string, name: string, rest: Fields = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name }, ...rest };
}

const port = (number: unknown): Fields => ({ spec: { selector: { app: 'x' }, ports: [{ port: number }] } });
const service = (name: string, number: unknown = 80): KubernetesObject =>
  object('v1', 'Service', name, port(number));
const configMap = (name: string, data: Fields = { key: 'value' }): KubernetesObject =>
  object('v1', 'ConfigMap', name, { data });

function deployment(name: string, spec: Fields = {}, app = name): KubernetesObject {
  const containers = [{ name: 'main', image: 'example.test/app:1' }];
  const template = { metadata: { labels: { app } }, spec: { containers } };
  return object('apps/v1', 'Deployment', name, {
    spec: { selector: { matchLabels: { app } }, template, ...spec },
  });
}

function definition(group: string): KubernetesObject {
  const size = { type: 'integer', maximum: 10 };
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size } } } };
  const names = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' };
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }];
  const spec = { group, scope: 'Namespaced', names, versions };
  return object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `gadgets.${group}`, { spec });
}

describeWithPeers('the trial before the first write, on a real API server', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let user: ClusterUser;
  let client: KubernetesClient;
  let target: Target;
  let namespace: string;
  let group: string;
  let inventory: readonly InventoryEntry[];
  /** Given back to the cluster after each test. */
  let left: string[];

  beforeAll(() => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });
  beforeEach(async () => {
    namespace = await cluster.createNamespace('trial');
    group = `${namespace}.test`;
    user = await cluster.createUser(namespace, 'cluster-admin');
    const ports = { userAgent: 'sealift/test', clock: systemClock, random: systemRandom, environment: {} };
    client = createKubernetesClient(await kubeconfigAccess([user.kubeconfig]), ports);
    target = createKubernetesTarget({
      client,
      traces: createMemoryTraces(),
      clock: systemClock,
      random: systemRandom,
      podsOf: podsInQuestion,
    });
    inventory = [];
    left = [];
  });
  afterEach(async () => {
    await client.close();
    for (const one of left) await admin.tryKubectl('delete', one, '--wait=false');
  });

  const gadget = (name: string, spec: Fields): KubernetesObject =>
    object(`${group}/v1`, 'Gadget', name, { spec });

  /** Delivers objects of the namespace; gives back what went wrong. */
  const deliver = async (
    build: readonly KubernetesObject[],
    force = false,
  ): Promise<SealiftError | undefined> => {
    const placed = build.map((one) =>
      one.kind === 'CustomResourceDefinition' ? one : { ...one, metadata: { ...one.metadata, namespace } },
    );
    const objects = markOwned(placed, owner);
    const observations = await observeDelivery(target, objects, inventory, idle);
    const delivery = { owner, prune: true, force, mayShrink: true };
    const plan = planDelivery({ objects, inventory, observations, delivery });
    const recordInventory = async (entries: readonly InventoryEntry[]): Promise<void> => {
      inventory = entries;
    };
    try {
      await applyPlan(target, plan, { recordInventory, changed: () => undefined }, idle);
      return undefined;
    } catch (thrown) {
      return thrown as SealiftError;
    }
  };

  const asked = async (
    mark: AuditMark,
  ): Promise<{ readonly tried: string[]; readonly written: string[] }> => {
    const entries = (await cluster.audit.since(mark)).filter(
      (entry) => entry.user.username === user.name && /^(patch|create|update|delete)$/.test(entry.verb),
    );
    const told = (isTrial: boolean): string[] =>
      entries
        .filter(({ requestURI }) => requestURI.includes('dryRun=All') === isTrial)
        .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}/${objectRef?.name}`)
        .sort();
    return { tried: told(true), written: told(false) };
  };

  const define = async (): Promise<void> => {
    left.push(`crd/gadgets.${group}`);
    expect(await deliver([definition(group)])).toBeUndefined();
    inventory = [];
  };

  /** Of several kinds. */
  const good = (): readonly KubernetesObject[] => [
    ...['a', 'b', 'c'].map((name) => configMap(name)),
    object('v1', 'Secret', 'token', { stringData: { token: 'very secret' } }),
    object('v1', 'ServiceAccount', 'app'),
    object('rbac.authorization.k8s.io/v1', 'Role', 'app', { rules: [] }),
    service('app'),
    deployment('app'),
    gadget('app', { size: 1 }),
  ];

  const bad: readonly [string, () => KubernetesObject, RegExp][] = [
    ['an unknown field', () => deployment('bad', { replica: 2 }), /Deployment\/.*\/bad .*replica/],
    ['a value of the wrong type', () => service('bad', 'eighty'), /Service\/.*\/bad .*port/],
    [
      'a value out of range',
      () => service('bad', 70_000),
      /Service\/.*\/bad spec\.ports\[0\]\.port: Invalid value: 70000/,
    ],
    [
      'a value that its definition refuses',
      () => gadget('bad', { size: 11 }),
      /Gadget\/.*\/bad spec\.size: .*less than or equal to 10/,
    ],
    ['a field that its definition does not have', () => gadget('bad', { sise: 1 }), /Gadget\/.*\/bad .*sise/],
    [
      'a key that no ConfigMap may have',
      () => configMap('bad', { 'a/b': 'x' }),
      /ConfigMap\/.*\/bad data\[a\/b\]: Invalid value/,
    ],
  ];

  it.each(bad)(
    'writes and prunes nothing where one object among ten has %s, and everything without it',
    async (_what, broken, words) => {
      await define();
      expect(await deliver([configMap('a', { key: 'old' }), configMap('gone')])).toBeUndefined();
      const before = inventory;
      const mark = await cluster.audit.mark();
      const error = await deliver([...good(), broken()]);
      expect(error?.code).toBe('TARGET_INVALID');
      expect(error?.message).toMatch(words);
      expect(error?.message).toMatch(
        /: 1 object .*writes that wait until no object is refused: 9; deletions .*: 1$/,
      );
      const { tried, written } = await asked(mark);
      expect(written).toEqual([]);
      expect(tried).toHaveLength(5);
      expect(inventory).toEqual(before);

      const second = await cluster.audit.mark();
      expect(await deliver(good())).toBeUndefined();
      const then = await asked(second);
      // Of what was accepted the first time nobody is asked again.
      expect(then.tried).toEqual([]);
      expect(then.written).toHaveLength(10);
      expect(then.written).toContain('delete configmaps/gone');
    },
  );

  it('names all that is refused at once', async () => {
    await define();
    const build = bad.map(([_what, broken], at) => {
      const one = broken();
      return { ...one, metadata: { name: `bad${at}` } };
    });
    const error = await deliver([...good(), ...build]);
    expect(error?.message).toContain('6 objects could not be delivered');
    for (const at of bad.keys()) expect(error?.message).toContain(`/bad${at} `);
    expect(inventory).toEqual([]);
  });

  it('applies a definition and nothing that comes after it where its object is invalid', async () => {
    left.push(`crd/gadgets.${group}`);
    const mark = await cluster.audit.mark();
    const error = await deliver([definition(group), configMap('a'), gadget('bad', { size: 11 })]);
    expect(error?.message).toMatch(
      /: 1 object .*Gadget\/.*\/bad spec\.size: .*; writes that wait until no object is refused: 1$/,
    );
    const { tried, written } = await asked(mark);
    expect(written).toEqual([`patch customresourcedefinitions/gadgets.${group}`]);
    expect(tried).toEqual([`patch customresourcedefinitions/gadgets.${group}`, 'patch gadgets/bad']);
    expect(inventory.map(({ id }) => id)).toEqual([inventoryId(refOf(definition(group)))]);
  });

  it('is denied by admission in its own words, and writes nothing', async () => {
    const metadata = { name: namespace };
    left.push(`validatingadmissionpolicybinding/${namespace}`, `validatingadmissionpolicy/${namespace}`);
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['services'] };
    const validations = [{ expression: 'object.spec.ports[0].port != 81', message: 'not this port' }];
    const matchConstraints = { resourceRules: [rule] };
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    const policies = `${admission}/validatingadmissionpolic`;
    const made = [
      await admin.ask(`${policies}ies`, {
        method: 'POST',
        body: { metadata, spec: { matchConstraints, validations } },
      }),
      await admin.ask(`${policies}ybindings`, {
        method: 'POST',
        body: {
          metadata,
          spec: { policyName: namespace, validationActions: ['Deny'], matchResources: { namespaceSelector } },
        },
      }),
    ];
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    const path = `/api/v1/namespaces/${namespace}/services?dryRun=All`;
    const isDenied = async (): Promise<number> =>
      (await admin.ask(path, { method: 'POST', body: service('probe', 81) })).status;
    await expect.poll(isDenied, patiently).toBe(422);
    const mark = await cluster.audit.mark();
    const error = await deliver([configMap('a'), deployment('app'), service('denied', 81)]);
    expect(error).toMatchObject({ code: 'TARGET_ADMISSION_DENIED' });
    expect(error?.message).toMatch(/Service\/.*\/denied .*not this port/);
    expect((await asked(mark)).written).toEqual([]);
  });

  it('takes nothing for a refusal that is none of the object: a webhook that is down holds what it judges alone', async () => {
    left.push(`validatingwebhookconfiguration/${namespace}`);
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['services'] }];
    const webhook = {
      name: 'down.sealift.test',
      clientConfig: { url: 'https://127.0.0.1:1/' },
      rules,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 1,
    };
    const path = `${admission}/validatingwebhookconfigurations`;
    const body = { metadata: { name: namespace }, webhooks: [webhook] };
    expect(await admin.ask(path, { method: 'POST', body })).toMatchObject({ status: 201 });
    const probed = `/api/v1/namespaces/${namespace}/services?dryRun=All`;
    const isDown = async (): Promise<number> =>
      (await admin.ask(probed, { method: 'POST', body: service('probe') })).status;
    await expect.poll(isDown, patiently).toBe(500);
    const probe = { ...service('probe'), metadata: { name: 'probe', namespace } };
    expect(await target.trials?.verdictOn(probe, { recreate: false }, idle)).toEqual({ kind: 'undecided' });
    const error = await deliver([service('app'), deployment('app')]);
    expect(error?.message).toMatch(/: 1 object .*Service\/.*\/app .*down\.sealift\.test/);
    expect(
      await admin.kubectl('get', 'deployment/app', `--namespace=${namespace}`, '--output=name'),
    ).toContain('app');
  });

  it('refuses what cannot be changed, but where it may be recreated', async () => {
    expect(await deliver([deployment('app'), configMap('a')])).toBeUndefined();
    const mark = await cluster.audit.mark();
    const next = [deployment('app', {}, 'other'), configMap('a', { key: 'new' })];
    const error = await deliver(next);
    expect(error).toMatchObject({ code: 'TARGET_IMMUTABLE' });
    expect(error?.message).toMatch(/Deployment\/.*\/app .*immutable/);
    expect((await asked(mark)).written).toEqual([]);
    expect(await deliver(next, true)).toBeUndefined();
    const path = '--output=jsonpath={.spec.selector.matchLabels.app}';
    expect(await admin.kubectl('get', 'deployment/app', `--namespace=${namespace}`, path)).toBe('other');
  });
});
