import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../src/core/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';
import { type RunningCluster, startCluster } from './harness/start-cluster.ts';
import { type Tenant, TenantSite } from './harness/tenant-site.ts';

const patiently = { timeout: 120_000, interval: 50 };

describeWithPeers('one agent and two clusters', clusterPrograms, () => {
  let near: Cluster;
  let running: RunningCluster;
  let far: Cluster;
  let home: string;
  let agent: ClusterUser;
  let site: TenantSite;
  /** In both clusters. */
  let namespace: string;
  /** The Secret with the kubeconfig of the other one. */
  let secret: string;

  beforeAll(async () => {
    near = sharedCluster();
    running = await startCluster();
    far = running.cluster;
    home = await near.createNamespace('clusters');
    agent = await near.createUser(home, 'cluster-admin');
  }, 300_000);
  afterAll(async () => {
    await near?.user('admin').kubectl('delete', '--wait=false', 'namespace', home);
    await running?.stop();
  });

  beforeEach(async () => {
    namespace = await near.createNamespace('both');
    await far.user('admin').kubectl('create', 'namespace', namespace);
    site = await TenantSite.open(agent.kubeconfig);
    const metadata = { name: 'far', namespace };
    const value = await readFile(far.user('sealift').kubeconfig, 'utf8');
    secret = `---\n${stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { value } })}`;
  });
  afterEach(async () => {
    await site.close();
    await near.user('admin').kubectl('delete', '--wait=false', 'namespace', namespace);
  });

  const map = (name: string, value: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { value },
  });

  /** Both have objects of the same names. */
  const here = (...names: readonly string[]): Tenant => ({
    name: 'here',
    namespace,
    objects: names.map((name) => map(name, 'near')),
  });
  const there = (...names: readonly string[]): Tenant => ({
    name: 'there',
    namespace,
    objects: names.map((name) => map(name, 'far')),
    spec: '  kubeConfig: {secretRef: {name: far}}\n',
  });

  /** Objects of a cluster, as `name=value`. */
  const heldBy = async (cluster: Cluster): Promise<string> => {
    const labelled = '--selector=kustomize.toolkit.fluxcd.io/name';
    const path = '{range .items[*]}{.metadata.name}={.data.value} {end}';
    const get = ['get', 'configmaps', `--namespace=${namespace}`, labelled, `--output=jsonpath=${path}`];
    return (await cluster.user('admin').kubectl(...get)).trim();
  };
  const held = async (): Promise<readonly string[]> => [await heldBy(near), await heldBy(far)];

  it('each delivery lands in its own, is pruned in its own and is taken back in its own', async () => {
    site.run([here('a', 'b'), there('a', 'b')], secret);
    await expect.poll(held, patiently).toEqual(['a=near b=near', 'a=far b=far']);
    site.run([here('a', 'b'), there('a')], secret);
    await expect.poll(held, patiently).toEqual(['a=near b=near', 'a=far']);
    site.run([there('a')], secret);
    await expect.poll(held, patiently).toEqual(['', 'a=far']);
    site.run([]);
    await expect.poll(held, patiently).toEqual(['', '']);
    await expect.poll(() => site.state.deliveries.all(), patiently).toEqual([]);
  });

  it('a delivery that moves is made where it goes, and taken back where it was', async () => {
    site.run([there('a', 'b')], secret);
    await expect.poll(held, patiently).toEqual(['', 'a=far b=far']);
    site.run([{ ...there('a', 'b'), spec: '' }], secret);
    await expect.poll(held, patiently).toEqual(['a=far b=far', '']);
    await expect.poll(() => site.ready(there()), patiently).toContain('True: Applied');
  });

  it('an account is one of the other cluster, and asked for there', async () => {
    const admin = far.user('admin');
    const place = `--namespace=${namespace}`;
    await admin.kubectl('create', 'role', 'writer', '--verb=*', '--resource=configmaps', place);
    const binding = ['--role=writer', `--serviceaccount=${namespace}:writer`, place];
    await admin.kubectl('create', 'rolebinding', 'writer', ...binding);
    const mark = await far.audit.mark();
    const spec = `${there().spec}  serviceAccountName: writer\n`;
    site.run([{ ...there('a'), spec }], secret);
    await expect.poll(held, patiently).toEqual(['', 'a=far']);
    const writes = (await far.audit.since(mark)).filter(
      ({ verb, objectRef }) => verb === 'patch' && objectRef?.resource === 'configmaps',
    );
    expect(writes.map(({ user, impersonatedUser }) => [user.username, impersonatedUser?.username])).toEqual([
      ['sealift', `system:serviceaccount:${namespace}:writer`],
    ]);
  });

  it('what changes there by another hand is repaired there', async () => {
    site.run([here('a'), there('a')], secret);
    await expect.poll(held, patiently).toEqual(['a=near', 'a=far']);
    await far.user('admin').kubectl('delete', 'configmap/a', `--namespace=${namespace}`);
    await expect.poll(held, patiently).toEqual(['a=near', 'a=far']);
  });

  // The last one: the other cluster does not come back.
  it('one that is away holds up its own deliveries and no others', async () => {
    site.run([here('a'), there('a')], secret);
    await expect.poll(held, patiently).toEqual(['a=near', 'a=far']);
    await running.stop();
    const many = Array.from({ length: 12 }, (_, at) => ({ ...there('a', 'b'), name: `there-${at}` }));
    site.run([...many, there('a', 'b'), here('a', 'b')], secret);
    await expect.poll(() => heldBy(near), patiently).toBe('a=near b=near');
    await near.user('admin').kubectl('delete', 'configmap/b', `--namespace=${namespace}`);
    await expect.poll(() => heldBy(near), patiently).toBe('a=near b=near');
    await expect.poll(() => site.ready(there()), patiently).toContain('False: ');
    expect(site.ready(here())).toContain('True: Applied');
  });
});
