import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../src/core/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';
import { type RunningCluster, startCluster } from './harness/start-cluster.ts';
import { type Tenant, TenantSite } from './harness/tenant-site.ts';
import { trustedPrefix } from './harness/trusted-cluster.ts';

const patiently = { timeout: 120_000, interval: 50 };
/** Whom tokens are for that the other cluster takes. */
const audience = 'https://far.example';

describeWithPeers('a cluster that trusts service accounts of the other one', clusterPrograms, () => {
  let near: Cluster;
  let running: RunningCluster;
  let far: Cluster;
  let home: string;
  let agent: ClusterUser;
  let site: TenantSite;
  /** In both clusters. */
  let namespace: string;
  /** Its account that the other cluster lets do everything. */
  let account: string;

  beforeAll(async () => {
    near = sharedCluster();
    home = await near.createNamespace('trusted');
    agent = await near.createUser(home, 'cluster-admin');
    // The keys are no secret, and the other API server has nothing to show.
    const role = '--clusterrole=system:service-account-issuer-discovery';
    const admin = near.user('admin');
    await admin.kubectl('create', 'clusterrolebinding', home, role, '--group=system:unauthenticated');
    running = await startCluster({ trusted: { address: near.address, audience } });
    far = running.cluster;
  }, 300_000);
  afterAll(async () => {
    const admin = near?.user('admin');
    await admin?.kubectl('delete', '--wait=false', `namespace/${home}`, `clusterrolebinding/${home}`);
    await running?.stop();
  });

  beforeEach(async () => {
    namespace = await near.createNamespace('shown');
    account = `${trustedPrefix}system:serviceaccount:${namespace}:shown`;
    await near.user('admin').kubectl('create', 'serviceaccount', 'shown', `--namespace=${namespace}`);
    const admin = far.user('admin');
    await admin.kubectl('create', 'namespace', namespace);
    await admin.kubectl(
      'create',
      'clusterrolebinding',
      namespace,
      '--clusterrole=cluster-admin',
      `--user=${account}`,
    );
    site = await TenantSite.open(agent.kubeconfig);
  });
  afterEach(async () => {
    await site.close();
    await near.user('admin').kubectl('delete', '--wait=false', 'namespace', namespace);
  });

  const yaml = (kind: string, values: object): string =>
    `---\n${stringify({ apiVersion: 'v1', kind, metadata: { name: 'far', namespace }, ...values })}`;
  const configMap = (more: object = {}): string => {
    const { server: address, authority } = far.address;
    const given = { provider: 'generic', address, 'ca.crt': authority, serviceAccountName: 'shown' };
    return yaml('ConfigMap', { data: { ...given, audiences: audience, ...more } });
  };

  const there = (spec = '  kubeConfig: {configMapRef: {name: far}}\n', ...names: string[]): Tenant => ({
    name: 'there',
    namespace,
    objects: (names.length === 0 ? ['a', 'b'] : names).map(
      (name): KubernetesObject => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace },
        data: { value: 'far' },
      }),
    ),
    spec,
  });

  /** Objects of a cluster, as `name=UID`. */
  const uidsIn = async (cluster: Cluster): Promise<string> => {
    const labelled = '--selector=kustomize.toolkit.fluxcd.io/name';
    const path = '{range .items[*]}{.metadata.name}={.metadata.uid} {end}';
    const get = ['get', 'configmaps', `--namespace=${namespace}`, labelled, `--output=jsonpath=${path}`];
    return (await cluster.user('admin').kubectl(...get)).trim();
  };
  const namesIn = async (cluster: Cluster): Promise<string> =>
    (await uidsIn(cluster)).replaceAll(/=\S+/g, '');
  const isReady = (): Promise<void> =>
    expect.poll(() => site.ready(there()), patiently).toContain('True: Applied');

  it('is delivered to by a token of the account, asked for once, and told nothing else', async () => {
    const [nearMark, farMark] = [await near.audit.mark(), await far.audit.mark()];
    site.run([there()], configMap());
    await expect.poll(() => namesIn(far), patiently).toBe('a b');
    await isReady();
    site.run([there(undefined, 'a')], configMap());
    await expect.poll(() => namesIn(far), patiently).toBe('a');
    site.run([]);
    await expect.poll(() => namesIn(far), patiently).toBe('');
    const writers = (await far.audit.since(farMark)).filter(
      ({ verb, objectRef }) => verb === 'patch' && objectRef?.namespace === namespace,
    );
    expect(new Set(writers.map(({ user }) => user.username))).toEqual(new Set([account]));
    const asked = (await near.audit.since(nearMark)).filter(
      ({ objectRef }) => objectRef?.resource === 'serviceaccounts' && objectRef.namespace === namespace,
    );
    expect(asked.map(({ verb, user, objectRef }) => [verb, user.username, objectRef?.name])).toEqual([
      ['create', agent.name, 'shown'],
    ]);
    // Tokens begin so, and stand nowhere.
    expect(JSON.stringify([site.events, site.state.sources.all()])).not.toContain('eyJ');
  });

  it('keeps the objects of a delivery that turns from a kubeconfig to a token, and gives them back when it leaves', async () => {
    const value = await readFile(far.user('sealift').kubeconfig, 'utf8');
    const secret = yaml('Secret', { stringData: { value } });
    site.run([there('  kubeConfig: {secretRef: {name: far}}\n')], secret);
    await isReady();
    const before = await uidsIn(far);
    expect(before).toMatch(/^a=\S+ b=\S+$/);
    const mark = await far.audit.mark();
    site.run([there()], configMap());
    await expect
      .poll(() => site.state.deliveries.find(namespace, 'there')?.place, patiently)
      .toMatchObject({
        kubeConfig: { kind: 'ConfigMap' },
      });
    await isReady();
    expect(await uidsIn(far)).toBe(before);
    expect((await far.audit.since(mark)).filter(({ verb }) => verb === 'delete')).toEqual([]);
    site.run([there('')], configMap());
    await expect.poll(async () => [await namesIn(near), await namesIn(far)], patiently).toEqual(['a b', '']);
    await isReady();
  });

  it('is where spec.serviceAccountName is an account, which acts beside that of the token', async () => {
    const admin = far.user('admin');
    const place = `--namespace=${namespace}`;
    await admin.kubectl('create', 'role', 'writer', '--verb=*', '--resource=configmaps', place);
    const binding = ['--role=writer', `--serviceaccount=${namespace}:writer`, place];
    await admin.kubectl('create', 'rolebinding', 'writer', ...binding);
    const mark = await far.audit.mark();
    site.run([there(`${there().spec}  serviceAccountName: writer\n`)], configMap());
    await isReady();
    const writes = (await far.audit.since(mark)).filter(
      ({ verb, objectRef }) => verb === 'patch' && objectRef?.namespace === namespace,
    );
    const who = writes.map(({ user, impersonatedUser }) => [user.username, impersonatedUser?.username]);
    expect(new Set(who.map(String))).toEqual(
      new Set([`${account},system:serviceaccount:${namespace}:writer`]),
    );
  });

  describe('says why it cannot be delivered to, and is once it can', () => {
    it.each([
      [
        'the token is for somebody else',
        { audiences: 'https://other.example' },
        'a token of ServiceAccount/\\S+/shown for https://other.example to be accepted, got .*Unauthorized',
      ],
      [
        'there is no such account',
        { serviceAccountName: 'nobody' },
        'expected a token, got https://127.0.0.1:\\d+: serviceaccounts "nobody" not found',
      ],
      ['another authority speaks for it', { 'ca.crt': 'near' }, 'self-signed|unable to|signature'],
    ])('%s', async (_, change, words) => {
      const more = 'ca.crt' in change ? { 'ca.crt': near.address.authority } : change;
      site.run([there()], configMap(more));
      await expect.poll(() => site.ready(there()), patiently).toMatch(new RegExp(`^False: .*(${words})`));
      expect(await namesIn(far)).toBe('');
      site.run([there()], configMap());
      await isReady();
    });

    it('the agent may not make tokens', async () => {
      await site.close();
      const place = await near.createNamespace('weak');
      const weak = await near.createUser(place, 'view');
      site = await TenantSite.open(weak.kubeconfig);
      site.run([there()], configMap());
      const words = `User "${weak.name}" cannot create resource "serviceaccounts/token"`;
      await expect.poll(() => site.ready(there()), patiently).toContain(words);
      const role = ['create', 'role', 'shows', '--verb=create', '--resource=serviceaccounts/token'];
      const admin = near.user('admin');
      await admin.kubectl(...role, '--resource-name=shown', `--namespace=${namespace}`);
      const binding = ['create', 'rolebinding', 'shows', '--role=shows', `--namespace=${namespace}`];
      await admin.kubectl(...binding, `--serviceaccount=${place}:tester`);
      await isReady();
      await admin.kubectl('delete', '--wait=false', 'namespace', place);
    });
  });
});
