import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { CommandBench } from '../integration/harness/command-bench.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

describeWithPeers('accounts and other clusters by command', clusterPrograms, () => {
  let cluster: Cluster;
  let namespace: string;
  let user: ClusterUser;
  let bench: CommandBench;

  beforeAll(async () => {
    cluster = sharedCluster();
    namespace = await cluster.createNamespace('tenancy');
    user = await cluster.createUser(namespace, 'cluster-admin');
    bench = await CommandBench.start();
    const place = `--namespace=${namespace}`;
    const admin = cluster.user('admin');
    await admin.kubectl('create', 'serviceaccount', 'deployer', place);
    await admin.kubectl('create', 'role', 'deployer', '--verb=*', '--resource=configmaps', place);
    const binding = ['--role=deployer', `--serviceaccount=${namespace}:deployer`, place];
    await admin.kubectl('create', 'rolebinding', 'deployer', ...binding);
    const metadata = `metadata: {name: a, namespace: ${namespace}}`;
    await bench.write('tree/a.yaml', `apiVersion: v1\nkind: ConfigMap\n${metadata}\ndata: {value: "1"}\n`);
    const reference = `oci://${bench.host}/app:stable`;
    await bench.succeed('push', reference, '-f', bench.path('tree'), '--source', 'x', '--revision', 'main');
  });
  afterAll(async () => {
    await bench.close();
    await cluster.user('admin').kubectl('delete', '--wait=false', 'namespace', namespace);
  });

  /** Options for a site of one delivery; `kubeconfig`, what the Secret `other` holds, and `data`, the ConfigMap `other`. */
  const siteOf = async (
    spec: string,
    { kubeconfig = '', target = `kubeconfig:${user.kubeconfig}`, data = {} } = {},
  ): Promise<readonly string[]> => {
    const metadata = { name: 'other', namespace };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { value: kubeconfig } };
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    await bench.write(
      'site.yaml',
      `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app, namespace: ${namespace}}
spec: {url: "oci://${bench.host}/app", interval: 1m, ref: {tag: stable}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: ${namespace}}
spec:
  interval: 10m
  prune: true
  sourceRef: {kind: OCIRepository, name: app}
${spec}
---
${stringify(secret)}---
${stringify(configMap)}`,
    );
    return ['--config', bench.path('site.yaml'), '--state-dir', bench.path('state'), '--target', target];
  };

  const kubeconfigOf = async (change: object, login: object = {}): Promise<string> => {
    const known = JSON.parse(await readFile(user.kubeconfig, 'utf8'));
    const [at] = known.clusters;
    const [by] = known.users;
    return JSON.stringify({
      ...known,
      clusters: [{ ...at, cluster: { ...at.cluster, ...change } }],
      users: [{ ...by, user: { ...by.user, ...login } }],
    });
  };

  describe('an account', { timeout: 300_000 }, () => {
    it('is named with what it may not, by plan and run alike', async () => {
      const options = await siteOf('  serviceAccountName: nobody');
      const words = `User "system:serviceaccount:${namespace}:nobody" cannot get resource "configmaps"`;
      const planned = await bench.run(['plan', ...options]);
      expect(planned.stdout + planned.stderr).toContain(words);
      const { code, stderr } = await bench.run(['run', '--once', ...options]);
      expect(stderr).toContain(words);
      expect(code).not.toBe(0);
    });

    it('is the default one where that is given', async () => {
      const options = [...(await siteOf('')), '--default-service-account', 'deployer'];
      const mark = await cluster.audit.mark();
      expect(await bench.succeed('plan', ...options)).toContain(`  + ConfigMap/${namespace}/a\n`);
      await bench.succeed('run', '--once', ...options);
      const asked = (await cluster.audit.since(mark)).filter(
        (entry) => entry.user.username === user.name && entry.objectRef?.resource === 'configmaps',
      );
      expect(asked.filter(({ verb }) => verb === 'patch').length).toBeGreaterThan(0);
      expect(new Set(asked.map(({ impersonatedUser }) => impersonatedUser?.username))).toEqual(
        new Set([`system:serviceaccount:${namespace}:deployer`]),
      );
    });

    it.each([
      ['spec.serviceAccountName', '  serviceAccountName: deployer'],
      ['spec.kubeConfig', '  kubeConfig: {secretRef: {name: other}}'],
    ])('or a cluster has no meaning for a directory, which says so of %s', async (field, spec) => {
      const options = await siteOf(spec, { target: `dir:${bench.path('delivered')}` });
      const { code, stderr } = await bench.run(['run', '--once', ...options]);
      expect(stderr).toContain(`${field}: expected a cluster as the target of the site, got the directory`);
      expect(code).not.toBe(0);
    });
  });

  describe('a token of an account', { timeout: 300_000 }, () => {
    it('is that of the default one where the ConfigMap names none, and never that of the agent', async () => {
      const [{ cluster: at }] = JSON.parse(await readFile(user.kubeconfig, 'utf8')).clusters;
      const authority = Buffer.from(at['certificate-authority-data'], 'base64').toString();
      const data = { provider: 'generic', address: at.server, 'ca.crt': authority };
      const options = await siteOf('  kubeConfig: {configMapRef: {name: other}}', { data });
      expect((await bench.run(['run', '--once', ...options])).stderr).toContain(
        `ConfigMap/${namespace}/other: serviceAccountName: expected the account whose token is shown, got none`,
      );
      const mark = await cluster.audit.mark();
      await bench.succeed('run', '--once', '--default-kubeconfig-service-account', 'deployer', ...options);
      const asked = (await cluster.audit.since(mark)).filter(
        ({ objectRef }) => objectRef?.namespace === namespace,
      );
      const who = (resource: string): ReadonlySet<string> =>
        new Set(
          asked.filter((entry) => entry.objectRef?.resource === resource).map((entry) => entry.user.username),
        );
      expect(who('configmaps')).toEqual(new Set([`system:serviceaccount:${namespace}:deployer`]));
      expect(who('serviceaccounts')).toEqual(new Set([user.name]));
    });
  });

  describe('a kubeconfig of a Secret', { timeout: 300_000 }, () => {
    const spec = '  kubeConfig: {secretRef: {name: other}}';

    it('names no files, and servers have to prove who they are', async () => {
      const files = await siteOf(spec, { kubeconfig: await kubeconfigOf({}, { tokenFile: '/etc/passwd' }) });
      expect((await bench.run(['run', '--once', ...files])).stderr).toContain(
        `Secret/${namespace}/other: tokenFile: expected the data itself`,
      );
      const insecure = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': null };
      const options = await siteOf(spec, { kubeconfig: await kubeconfigOf(insecure) });
      expect((await bench.run(['run', '--once', ...options])).stderr).toContain('--insecure-kubeconfig-tls');
      await bench.succeed('run', '--once', '--insecure-kubeconfig-tls', ...options);
    });

    it('runs no program unless the operator lets it', async () => {
      const marker = bench.path('was-run');
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: '/bin/sh',
        args: ['-c', `touch ${marker}; exit 1`],
        interactiveMode: 'Never',
      };
      const options = await siteOf(spec, { kubeconfig: await kubeconfigOf({}, { token: null, exec }) });
      const { stderr } = await bench.run(['run', '--once', ...options]);
      expect(stderr).toContain('exec: programs of this machine');
      expect(existsSync(marker)).toBe(false);
      await bench.run(['run', '--once', '--insecure-kubeconfig-exec', ...options]);
      expect(existsSync(marker)).toBe(true);
    });

    it('that is another address of the same cluster takes nothing away', async () => {
      const plain = await siteOf('');
      await bench.succeed('run', '--once', ...plain);
      const uid = ['get', 'configmap/a', `--namespace=${namespace}`, '--output=jsonpath={.metadata.uid}'];
      const before = await user.kubectl(...uid);
      const { server } = JSON.parse(await readFile(user.kubeconfig, 'utf8')).clusters[0].cluster;
      const kubeconfig = await kubeconfigOf({
        server: server.replace('127.0.0.1', 'localhost'),
        'insecure-skip-tls-verify': true,
        'certificate-authority-data': null,
      });
      const options = [...(await siteOf(spec, { kubeconfig })), '--insecure-kubeconfig-tls'];
      expect(await bench.succeed('plan', ...options)).toContain('  at cluster https://localhost');
      await bench.succeed('run', '--once', ...options);
      expect(await user.kubectl(...uid)).toBe(before);
    });
  });
});
