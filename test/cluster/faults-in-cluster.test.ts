import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { credentialsIn, FaultSite } from './faults/fault-site.ts';
import type { Placed } from './faults/scenario.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';
import { startCluster } from './harness/start-cluster.ts';

/** Longer than anything here takes on a busy machine. */
const patiently = { timeout: 120_000, interval: 100 };
const ownerLabel = 'kustomize.toolkit.fluxcd.io/name';

interface Item {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly data: { readonly value: string };
}

function placed(object: object): Placed {
  return { delivery: 'a', object, id: '', value: '' };
}

function maps(namespace: string, values: Readonly<Record<string, string>>): Placed[] {
  return Object.entries(values).map(([name, value]) =>
    placed({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { value } }),
  );
}

/** Delivers these objects, in one delivery. */
function deliver(site: FaultSite, ...objects: readonly (readonly Placed[])[]): Promise<void> {
  return site.move({ objects: objects.flat(), deliveries: ['a'], kills: [] });
}

async function delivered(admin: ClusterUser, namespace: string): Promise<readonly Item[]> {
  const { body } = await admin.ask(
    `/api/v1/namespaces/${namespace}/configmaps?labelSelector=${encodeURIComponent(ownerLabel)}`,
  );
  return (body as { readonly items: readonly Item[] }).items;
}

async function valuesIn(admin: ClusterUser, namespace: string): Promise<Readonly<Record<string, string>>> {
  const items = await delivered(admin, namespace);
  return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, data.value]));
}

async function uidsIn(admin: ClusterUser, namespace: string): Promise<Readonly<Record<string, string>>> {
  const items = await delivered(admin, namespace);
  return Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.uid]));
}

describeWithPeers('sealift run, and a cluster that is in its way', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let site: FaultSite;
  let namespace: string;
  /** What a test leaves in the cluster. */
  let left: string[];

  beforeAll(() => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });
  beforeEach(async () => {
    left = [];
    namespace = await cluster.createNamespace('hurt');
    site = await FaultSite.open(namespace, credentialsIn(cluster.user('sealift').kubeconfig));
  });
  afterEach(async () => {
    await site.close();
    for (const one of left) await admin.tryKubectl('delete', one, '--wait=false');
  });

  const values = (): Promise<Readonly<Record<string, string>>> => valuesIn(admin, namespace);
  const apply = async (path: string, body: object): Promise<void> => {
    expect(await admin.ask(path, { method: 'POST', body })).toMatchObject({ status: 201 });
  };

  it('that denies an object: delivers the others, deletes nothing meanwhile, and says who denied what', async () => {
    await deliver(site, maps(namespace, { a: '1', b: '1', gone: '1' }));
    site.agent.start();
    await expect.poll(values, patiently).toEqual({ a: '1', b: '1', gone: '1' });
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic';
    left.push(`validatingadmissionpolicybinding/${namespace}`, `validatingadmissionpolicy/${namespace}`);
    const metadata = { name: namespace };
    const rule = {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['configmaps'],
    };
    const validations = [{ expression: "object.data.value != 'denied'", message: 'never here' }];
    await apply(`${policies}ies`, {
      metadata,
      spec: { matchConstraints: { resourceRules: [rule] }, validations },
    });
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    const binding = {
      policyName: namespace,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector },
    };
    await apply(`${policies}ybindings`, { metadata, spec: binding });
    const tried = { metadata: { name: 'tried' }, data: { value: 'denied' } };
    const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
    const isDenied = async (): Promise<number> =>
      (await admin.ask(path, { method: 'POST', body: tried })).status;
    await expect.poll(isDenied, patiently).toBe(422);

    await deliver(site, maps(namespace, { a: 'denied', b: '2' }));
    await expect.poll(values, patiently).toEqual({ a: '1', b: '2', gone: '1' });
    await expect.poll(() => site.agent.output, patiently).toContain('never here');
    await admin.kubectl('delete', left[0] ?? '');
    await expect.poll(values, patiently).toEqual({ a: 'denied', b: '2' });
  });

  it('whose quota is exceeded: delivers what fits, and the rest when there is room', async () => {
    const quota = { metadata: { name: 'q' }, spec: { hard: { 'count/configmaps': '3' } } };
    await apply(`/api/v1/namespaces/${namespace}/resourcequotas`, quota);
    const counted = ['--for=jsonpath={.status.hard}', '--timeout=100s'];
    await admin.kubectl('wait', 'resourcequota/q', `--namespace=${namespace}`, ...counted);
    const all = { a: '1', b: '1', c: '1', d: '1', e: '1' };
    await deliver(site, maps(namespace, all));
    site.agent.start();
    await expect.poll(() => site.agent.output, patiently).toContain('exceeded quota: q');
    const count = async (): Promise<number> => (await delivered(admin, namespace)).length;
    // One that every namespace has counts too.
    await expect.poll(count, patiently).toBe(2);
    await admin.kubectl('delete', 'resourcequota/q', `--namespace=${namespace}`);
    await expect.poll(values, patiently).toEqual(all);
    expect(site.inventory()).toHaveLength(5);
  });

  it('where somebody deletes a definition: makes it and its objects again, and leaves the others', async () => {
    const group = `${namespace}.test`;
    const names = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' };
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const versions = [{ name: 'v1', served: true, storage: true, schema }];
    const definition = placed({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `gadgets.${group}` },
      spec: { group, scope: 'Namespaced', names, versions },
    });
    const gadget = placed({
      apiVersion: `${group}/v1`,
      kind: 'Gadget',
      metadata: { name: 'g', namespace },
      spec: { size: 1 },
    });
    left.push(`crd/gadgets.${group}`);
    await deliver(site, [definition, gadget], maps(namespace, { a: '1' }));
    site.agent.start();
    const uid = async (): Promise<string | undefined> => {
      const { status, body } = await admin.ask(`/apis/${group}/v1/namespaces/${namespace}/gadgets/g`);
      return status === 200 ? (body as Item).metadata.uid : undefined;
    };
    await expect.poll(uid, patiently).toBeDefined();
    await expect.poll(values, patiently).toEqual({ a: '1' });
    const [first, kept] = [await uid(), await uidsIn(admin, namespace)];
    await admin.kubectl('delete', `crd/gadgets.${group}`, '--wait=false');
    await expect
      .poll(uid, patiently)
      .toSatisfy((found: string | undefined) => found !== undefined && found !== first);
    expect(await uidsIn(admin, namespace)).toEqual(kept);
  });

  it('with a namespace that cannot end: delivers what is elsewhere, and makes it again when it has ended', async () => {
    const stuck = `${namespace}-x`;
    left.push(`namespace/${stuck}`);
    const home = placed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: stuck } });
    await deliver(site, [home], maps(stuck, { x: '1' }), maps(namespace, { a: '1' }));
    site.agent.start();
    await expect.poll(() => valuesIn(admin, stuck), patiently).toEqual({ x: '1' });
    const held = { metadata: { name: 'held', finalizers: ['faults.test/held'] } };
    await apply(`/api/v1/namespaces/${stuck}/configmaps`, held);
    await admin.kubectl('delete', `namespace/${stuck}`, '--wait=false');
    await expect.poll(() => valuesIn(admin, stuck), patiently).toEqual({});
    await deliver(site, [home], maps(stuck, { x: '2' }), maps(namespace, { a: '2' }));
    await expect.poll(values, patiently).toEqual({ a: '2' });
    await admin.kubectl(
      'patch',
      'configmap/held',
      `--namespace=${stuck}`,
      '--type=json',
      '--patch=[{"op":"remove","path":"/metadata/finalizers"}]',
    );
    await expect.poll(() => valuesIn(admin, stuck), patiently).toEqual({ x: '2' });
  });
});

describeWithPeers('sealift run, and an API server that crashes', clusterPrograms, () => {
  describe('in the middle of an apply', () => {
    it('goes on when it is back, and nothing is made twice or left behind', async () => {
      const running = await startCluster();
      const admin = running.cluster.user('admin');
      const credentials = credentialsIn(running.cluster.user('sealift').kubeconfig);
      const site = await FaultSite.open('crash', credentials);
      try {
        const all = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`m${at}`, '1']));
        await deliver(site, maps('default', all));
        site.agent.start();
        const uids = (): Promise<Readonly<Record<string, string>>> => uidsIn(admin, 'default');
        const count = async (): Promise<number> => Object.keys(await uids()).length;
        await expect.poll(count, { ...patiently, interval: 5 }).toBeGreaterThan(0);
        const before = await uids();
        await running.restartApiServer('SIGKILL');
        await expect.poll(count, patiently).toBe(200);
        expect(await uids()).toMatchObject(before);
        await expect.poll(() => site.inventory().length, patiently).toBe(200);
        const fewer = Object.fromEntries(Object.entries(all).slice(0, 5));
        await deliver(site, maps('default', fewer));
        await expect.poll(() => valuesIn(admin, 'default'), patiently).toEqual(fewer);
        process.stderr.write(`${Object.keys(before).length} of 200 objects were there at the crash\n`);
      } finally {
        await site.close();
        await running.stop();
      }
    });
  });
});
