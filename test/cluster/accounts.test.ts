import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/core/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { AuditEntry, AuditMark } from './harness/audit-log.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';
import { type Tenant, TenantSite } from './harness/tenant-site.ts';

const patiently = { timeout: 120_000, interval: 50 };
const everything = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

describeWithPeers('a delivery that acts as an account', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let home: string;
  /** Who the agent is: it may do everything. */
  let agent: ClusterUser;
  let site: TenantSite;
  /** Of the tenant, and of somebody else. */
  let own: string;
  let other: string;
  let mark: AuditMark;

  beforeAll(async () => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
    home = await cluster.createNamespace('accounts');
    agent = await cluster.createUser(home, 'cluster-admin');
  });
  afterAll(async () => {
    await admin.kubectl('delete', '--wait=false', 'namespace', home);
  });

  beforeEach(async () => {
    own = await cluster.createNamespace('tenant');
    other = await cluster.createNamespace('other');
    site = await TenantSite.open(agent.kubeconfig);
    mark = await cluster.audit.mark();
  });
  afterEach(async () => {
    await site.close();
    await admin.kubectl('delete', '--wait=false', 'namespace', own, other);
  });

  /** Makes the account, with rights on ConfigMaps and Secrets in its namespace alone. */
  const allow = async (...verbs: readonly string[]): Promise<void> => {
    const place = `--namespace=${own}`;
    await admin.tryKubectl('create', 'serviceaccount', 'deployer', place);
    await admin.tryKubectl('delete', 'role/deployer', 'rolebinding/deployer', place);
    if (verbs.length === 0) return;
    const rules = [`--verb=${verbs.join(',')}`, '--resource=configmaps,secrets'];
    await admin.kubectl('create', 'role', 'deployer', ...rules, place);
    const binding = ['--role=deployer', `--serviceaccount=${own}:deployer`];
    await admin.kubectl('create', 'rolebinding', 'deployer', ...binding, place);
  };

  const map = (name: string, namespace = own, value = '1'): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { value },
  });

  const tenant = (objects: readonly KubernetesObject[], spec = ''): Tenant => ({
    name: 'app',
    namespace: own,
    objects,
    spec: `  serviceAccountName: deployer\n${spec}`,
  });

  /** What the agent asked for of namespaces, kinds and objects, since the test began. */
  const asked = async (): Promise<readonly AuditEntry[]> =>
    (await cluster.audit.since(mark)).filter(
      ({ user, objectRef }) => user.username === agent.name && objectRef !== undefined,
    );

  const there = async (namespace: string): Promise<string> =>
    admin.kubectl(
      ...['get', 'configmaps,secrets', `--namespace=${namespace}`, '--output=name'],
      '--field-selector=metadata.name!=kube-root-ca.crt',
    );

  it('asks for everything as that account, and writes where that may', async () => {
    await allow(...everything);
    const app = tenant([map('a'), map('b')]);
    await site.pass([app]);
    expect(site.ready(app)).toContain('True: Applied');
    await site.pass([tenant([map('a', own, '2')])]);
    await site.pass([]);
    expect(await there(own)).toBe('');
    const entries = await asked();
    const writes = entries.filter(({ verb }) => verb === 'patch' || verb === 'delete');
    expect(writes.length).toBeGreaterThanOrEqual(5);
    const account = `system:serviceaccount:${own}:deployer`;
    const itself = entries.filter(({ impersonatedUser }) => impersonatedUser?.username !== account);
    // Whether the account is still there, before what it has is taken back.
    expect(itself.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`)).toEqual([
      'get serviceaccounts',
    ]);
  });

  it.each([
    ['has no rights at all', [], 'get'],
    ['may write and not read', ['create', 'patch', 'delete'], 'get'],
    ['may read and not write', ['get', 'list', 'watch'], 'patch'],
  ])('that %s fails in the words of the server, and nothing is written', async (_, verbs, verb) => {
    await allow(...verbs);
    const app = tenant([map('a'), map('b')]);
    await site.pass([app]);
    const who = `User "system:serviceaccount:${own}:deployer" cannot ${verb} resource "configmaps"`;
    expect(site.ready(app)).toMatch(new RegExp(`^False: .*ConfigMap/${own}/[ab]`));
    expect(site.ready(app)).toContain(`${who} in API group "" in the namespace "${own}"`);
    expect(await there(own)).toBe('');
  });

  it('that is not there fails in the words of the server, and nothing is written', async () => {
    const app = tenant([map('a')]);
    await site.pass([app]);
    expect(site.ready(app)).toContain(`User "system:serviceaccount:${own}:deployer" cannot get resource`);
    expect(await there(own)).toBe('');
  });

  it('fails in the words of the server where the agent may not act as it', async () => {
    await allow(...everything);
    const place = await cluster.createNamespace('reader');
    const reader = await cluster.createUser(place, 'view');
    const limited = await TenantSite.open(reader.kubeconfig);
    try {
      const app = tenant([map('a')]);
      await limited.pass([app]);
      // Newer servers name the verb more closely.
      expect(limited.ready(app)).toContain('cannot impersonate');
      expect(await there(own)).toBe('');
    } finally {
      await limited.close();
      await admin.kubectl('delete', '--wait=false', 'namespace', place);
    }
  });

  it('applies where it may, and is refused elsewhere', async () => {
    await allow(...everything);
    const app = tenant([map('a'), map('b', other)]);
    await site.pass([app]);
    expect(site.ready(app)).toContain('False: ');
    expect(site.ready(app)).toContain(
      `cannot get resource "configmaps" in API group "" in the namespace "${other}"`,
    );
    expect(await there(own)).toBe('configmap/a\n');
    expect(await there(other)).toBe('');
  });

  it('learns nothing of what others have, neither by asking for it nor by waiting for it', async () => {
    await allow(...everything);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace: other } };
    const owner: Tenant = {
      name: 'owner',
      namespace: other,
      objects: [{ ...secret, stringData: { a: 'hunter2' } }],
    };
    await site.pass([owner]);
    expect(site.ready(owner)).toContain('True: Applied');
    const asking = tenant([{ ...secret, stringData: { a: 'guess' } }]);
    const waiting: Tenant = {
      ...tenant(
        [map('a')],
        `  timeout: 30s\n  healthChecks: [{apiVersion: v1, kind: Secret, name: token, namespace: ${other}}]\n`,
      ),
      name: 'waiting',
    };
    site.run([owner, asking, waiting]);
    const forbidden = 'cannot get resource "secrets"';
    await expect.poll(() => site.ready(asking), patiently).toContain(forbidden);
    await expect.poll(() => JSON.stringify(site.events), patiently).toContain(`"stage":"health"`);
    expect(site.ready(waiting)).not.toContain('True');
    expect(site.ready(asking)).not.toContain('owner');
    expect(JSON.stringify([site.events, site.state.deliveries.all()])).not.toMatch(/hunter2|owned by/);
    // What is known to the agent itself is the owner's alone.
    expect(site.ready(owner)).toContain('True: Applied');
  });

  describe('and is watched', { timeout: 300_000 }, () => {
    it('is told of changes and repairs them as that account, in its namespace alone', async () => {
      await allow(...everything);
      const app = tenant([map('a')]);
      site.run([app]);
      await expect.poll(() => site.ready(app), patiently).toContain('True: Applied');
      const patch = ['--type=merge', '--patch={"data":{"value":"edited"}}'];
      await admin.kubectl('patch', 'configmap/a', `--namespace=${own}`, ...patch);
      const value = ['get', 'configmap/a', `--namespace=${own}`, '--output=jsonpath={.data.value}'];
      await expect.poll(() => admin.kubectl(...value), patiently).toBe('1');
      const watches = (await asked()).filter(
        ({ verb, responseStatus }) => verb === 'watch' && responseStatus?.code === 200,
      );
      expect(
        watches.map(({ impersonatedUser, objectRef }) => [impersonatedUser?.username, objectRef?.namespace]),
      ).toEqual(watches.map(() => [`system:serviceaccount:${own}:deployer`, own]));
      expect(watches.length).toBeGreaterThan(0);
    });

    it('asks for nothing while nothing happens', async () => {
      await allow(...everything);
      const app = tenant([map('a'), map('b')]);
      site.run([app]);
      await expect.poll(() => site.ready(app), patiently).toContain('True: Applied');
      const runs = (): number => site.builds;
      const before = runs();
      mark = await cluster.audit.mark();
      for (const again of [1, 2, 3]) {
        site.run([{ ...app, spec: `${app.spec}  timeout: ${again}m\n` }]);
        await expect.poll(runs, patiently).toBeGreaterThanOrEqual(before + again);
      }
      await expect.poll(() => site.ready(app), patiently).toContain('True: Applied');
      // Whether it may watch everywhere by now is asked once in a while.
      const requests = (await asked()).filter(
        ({ verb, responseStatus }) => verb !== 'list' || responseStatus?.code !== 403,
      );
      expect(requests.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
    });

    it('is not forgotten while it may not delete, and is when the account is gone: what it had stays, and is named', async () => {
      await allow('get', 'list', 'watch', 'create', 'patch');
      const app = tenant([map('a')]);
      site.run([app]);
      await expect.poll(() => site.ready(app), patiently).toContain('True: Applied');
      site.run([]);
      await expect.poll(() => site.ready(app), patiently).toContain('cannot delete resource "configmaps"');
      await admin.kubectl('delete', 'serviceaccount/deployer', `--namespace=${own}`);
      await expect.poll(() => site.state.deliveries.all(), patiently).toEqual([]);
      expect(await there(own)).toBe('configmap/a\n');
      const left = site.events.filter(({ kind }) => kind === 'objects-left');
      expect(left).toMatchObject([
        { message: expect.stringContaining(`left as they are: ConfigMap/${own}/a`) },
      ]);
    });
  });
});
