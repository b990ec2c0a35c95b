import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inClusterAccess, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { certifiedUser } from './harness/certificates.ts';
import { type Access, clientBench, failing, forced, listed } from './harness/client-bench.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { tunnelProxy } from './harness/tunnel-proxy.ts';

describeWithPeers('the client of a Kubernetes API', clusterPrograms, () => {
  const { now, open, clientOf, configMap, mapNamed } = clientBench();
  let cluster: Cluster;
  let admin: ClusterUser;
  let client: KubernetesClient;
  let namespace: string;
  let signal: AbortSignal;

  beforeEach(() => {
    ({ cluster, admin, client, namespace, signal } = now());
  });

  describe('asks as', () => {
    it('somebody who may not, and says who and what', async () => {
      const guest = await clientOf(cluster.user('guest'));
      await expect(guest.get(mapNamed('a'), signal)).rejects.toEqual(
        failing('TARGET_FORBIDDEN', 'User "guest" cannot get resource "configmaps"'),
      );
      const { resource } = await listed(client, mapNamed(''), namespace, signal);
      const watching = guest.watchMetadata(resource, {}, '0', signal)[Symbol.asyncIterator]().next();
      await expect(watching).rejects.toEqual(failing('TARGET_FORBIDDEN', 'cannot watch'));
    });

    it('nobody whom the server knows', async () => {
      const access = await kubeconfigAccess([admin.kubeconfig]);
      const stranger = open({ ...access, login: { token: { kind: 'inline', text: 'wrong' } } });
      await expect(stranger.get(mapNamed('a'), signal)).rejects.toEqual(failing('TARGET_UNAUTHENTICATED'));
    });

    it('somebody else', async () => {
      const user = await cluster.createUser(namespace, 'view');
      const identity = { user: user.name, groups: ['system:serviceaccounts'] };
      await client.apply(configMap('a'), forced, signal);
      const mark = await cluster.audit.mark();
      expect(await client.as(identity).get(mapNamed('a'), signal)).toBeDefined();
      const denied = client.as(identity).apply(configMap('a'), forced, signal);
      await expect(denied).rejects.toEqual(failing('TARGET_FORBIDDEN', `User "${user.name}" cannot patch`));
      const seen = (await cluster.audit.since(mark)).filter(
        (entry) => entry.objectRef?.namespace === namespace,
      );
      expect(seen.map((entry) => [entry.user.username, entry.impersonatedUser?.username])).toEqual([
        ['sealift', user.name],
        ['sealift', user.name],
      ]);
      const access = await kubeconfigAccess([cluster.user('sealift').kubeconfig]);
      const other = open({ ...access, impersonate: { user: 'jane' } });
      await expect(other.get(mapNamed('a'), signal)).rejects.toEqual(failing('TARGET_FORBIDDEN', '"jane"'));
    });
  });

  describe('proves who it is by', () => {
    let folder: string;
    let access: Access;
    let token: string;

    beforeEach(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'sealift-client-'));
      access = await kubeconfigAccess([admin.kubeconfig]);
      const inline = access.login.token;
      token = inline?.kind === 'inline' ? inline.text : '';
    });

    afterEach(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    const plugin = (script: string): Access => {
      const command = path.join(folder, 'login');
      writeFileSync(command, `#!/bin/sh\n${script}\n`);
      chmodSync(command, 0o755);
      const apiVersion = 'client.authentication.k8s.io/v1';
      const exec = {
        apiVersion,
        command,
        args: [],
        environment: { FOLDER: folder },
        provideClusterInfo: true,
      };
      return { ...access, login: { exec } };
    };
    const printed = (status: object): string =>
      JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });
    const isKnown = (one: KubernetesClient): Promise<unknown> => one.get(mapNamed('a'), signal);

    it('a client certificate', async () => {
      const home = path.dirname(admin.kubeconfig);
      const certificate = { kind: 'file', path: path.join(home, 'client.pem') } as const;
      const key = { kind: 'file', path: path.join(home, 'client.key') } as const;
      const certified = open({ ...access, login: { certificate, key } });
      await expect(isKnown(certified)).rejects.toEqual(
        failing('TARGET_FORBIDDEN', `User "${certifiedUser}"`),
      );
    });

    it('a client certificate that an exec plugin prints', async () => {
      const home = path.dirname(admin.kubeconfig);
      const pem = (name: string): string => readFileSync(path.join(home, name), 'utf8');
      const output = printed({ clientCertificateData: pem('client.pem'), clientKeyData: pem('client.key') });
      writeFileSync(path.join(folder, 'credential'), output);
      const certified = open(plugin('cat "$FOLDER/credential"'));
      await expect(isKnown(certified)).rejects.toEqual(
        failing('TARGET_FORBIDDEN', `User "${certifiedUser}"`),
      );
    });

    it('a service account in a Pod, whose token is renewed', async () => {
      const server = new URL(access.server);
      writeFileSync(
        path.join(folder, 'ca.crt'),
        access.authority?.kind === 'inline' ? access.authority.text : '',
      );
      writeFileSync(path.join(folder, 'token'), `${token}\n`);
      const environment = { KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port };
      const inside = open(inClusterAccess(environment, folder));
      expect(await isKnown(inside)).toBeUndefined();

      const outdated = open(inClusterAccess(environment, folder));
      writeFileSync(path.join(folder, 'token'), 'outdated');
      await expect(isKnown(outdated)).rejects.toEqual(failing('TARGET_UNAUTHENTICATED'));
      writeFileSync(path.join(folder, 'token'), token);
      expect(await isKnown(outdated)).toBeUndefined();
    });

    it('what an exec plugin prints, which runs once', async () => {
      const output = printed({ token, expirationTimestamp: '2999-01-01T00:00:00Z' });
      const script = `echo "$KUBERNETES_EXEC_INFO" >> "$FOLDER/asked"\ncat << 'END'\n${output}\nEND`;
      const logged = open(plugin(script));
      await Promise.all(Array.from({ length: 5 }, () => isKnown(logged)));
      const asked = readFileSync(path.join(folder, 'asked'), 'utf8').trim().split('\n');
      expect(asked.map((line) => JSON.parse(line))).toMatchObject([
        { kind: 'ExecCredential', spec: { interactive: false, cluster: { server: access.server } } },
      ]);
    });

    it('what an exec plugin prints when it is asked again, after the server refused it', async () => {
      const first = printed({ token: 'outdated' });
      const second = printed({ token });
      const logged = open(
        plugin(
          `if [ -e "$FOLDER/ran" ]; then echo '${second}'; else touch "$FOLDER/ran"; echo '${first}'; fi`,
        ),
      );
      expect(await isKnown(logged)).toBeUndefined();
    });

    it.each([
      ['that fails, in its words', 'echo "log in first" >&2; exit 3', 'got 3 (log in first)'],
      ['that prints something else', 'echo hello', 'expected an ExecCredential'],
      ['that prints without end', 'yes', 'expected at most 262144 bytes'],
    ])('no exec plugin %s', async (_what, script, words) => {
      await expect(isKnown(open(plugin(script)))).rejects.toEqual(failing('TARGET_UNAUTHENTICATED', words));
    });

    it('no exec plugin that is not there, and says where to get it', async () => {
      const { exec } = plugin('').login;
      if (exec === undefined) throw new Error('expected a plugin');
      const missing = { ...exec, command: path.join(folder, 'none'), installHint: 'Install it.' };
      const logged = open({ ...access, login: { exec: missing } });
      await expect(isKnown(logged)).rejects.toEqual(failing('TARGET_UNAUTHENTICATED', '(Install it.)'));
    });

    it('nothing, to a server that another authority vouches for', async () => {
      const { login, server, insecureSkipVerify } = access;
      const trusting = open({ login, server, insecureSkipVerify });
      await expect(isKnown(trusting)).rejects.toEqual(failing('TARGET_UNREACHABLE', 'certificate'));
      const careless = open({ login, server, insecureSkipVerify: true });
      expect(await isKnown(careless)).toBeUndefined();
      const misled = open({ ...access, serverName: 'api.example' });
      await expect(isKnown(misled)).rejects.toEqual(failing('TARGET_UNREACHABLE', 'api.example'));
    });
  });

  describe('goes through', () => {
    it('the proxy that the kubeconfig names, which sees nothing of it', async () => {
      await using proxy = await tunnelProxy();
      const access = await kubeconfigAccess([cluster.user('sealift').kubeconfig]);
      const tunnelled = open({ ...access, proxy: proxy.url });
      const { resource, version } = await listed(tunnelled, mapNamed(''), namespace, signal);
      await tunnelled.apply(configMap('a'), forced, signal);
      for await (const event of tunnelled.watchMetadata(resource, { namespace }, version, signal)) {
        if (event.type === 'ADDED' && event.metadata.name === 'a') break;
      }
      expect(new Set(proxy.tunnels)).toEqual(new Set([new URL(access.server).host]));
      await tunnelled.close();
    });
  });
});
