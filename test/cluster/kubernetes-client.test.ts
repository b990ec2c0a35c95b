import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { env } from 'node:process';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import type { KubernetesObject } from '../../src/core/index.ts';
import {
  createKubernetesClient,
  inClusterAccess,
  type KubernetesClient,
  kubeconfigAccess,
} from '../../src/target/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { certifiedUser } from './harness/certificates.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';
import { type RunningCluster, startCluster } from './harness/start-cluster.ts';

type Access = Parameters<typeof createKubernetesClient>[0];

const options = {
  userAgent: 'sealift/test',
  clock: systemClock,
  random: systemRandom,
  environment: { PATH: env['PATH'] },
};
const forced = { fieldManager: 'test', force: true, dryRun: false };
const failing = (code: string, words = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(words) });

/** All that a list holds, page by page. */
async function listed(
  client: KubernetesClient,
  kind: Parameters<KubernetesClient['resourceOf']>[0],
  namespace: string,
  signal: AbortSignal,
) {
  const resource = await client.resourceOf(kind, signal);
  if (resource === undefined) throw new Error('expected the kind to be served');
  const pages = [];
  for await (const page of client.listMetadata(resource, { namespace }, signal)) pages.push(page);
  return {
    resource,
    pages,
    names: pages.flatMap(({ items }) => items.map(({ name }) => name)),
    version: pages.at(-1)?.resourceVersion ?? '',
  };
}

interface TunnelProxy extends AsyncDisposable {
  readonly url: string;
  /** `HOST:PORT` of each tunnel that was asked for. */
  readonly tunnels: readonly string[];
}

/** A proxy on loopback that opens tunnels and does nothing else. */
async function tunnelProxy(): Promise<TunnelProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<Duplex>();
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy = createServer((_request, response) => response.writeHead(500).end());
  proxy.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '');
    const { hostname, port } = new URL(`https://${request.url}`);
    const onward = connect(Number(port), hostname, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const one of [socket, onward]) sockets.add(one.on('error', end));
    onward.pipe(socket).pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    tunnels,
    async [Symbol.asyncDispose]() {
      end();
      proxy.close();
    },
  };
}

describeWithPeers('the client of a Kubernetes API', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let client: KubernetesClient;
  let namespace: string;
  let stopping: AbortController;
  let signal: AbortSignal;
  const opened: KubernetesClient[] = [];

  const open = (access: Access): KubernetesClient => {
    const made = createKubernetesClient(access, options);
    opened.push(made);
    return made;
  };
  const clientOf = async (user: ClusterUser): Promise<KubernetesClient> =>
    open(await kubeconfigAccess([user.kubeconfig]));

  beforeAll(() => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });

  beforeEach(async () => {
    namespace = await cluster.createNamespace('client');
    client = await clientOf(cluster.user('sealift'));
    stopping = new AbortController();
    signal = stopping.signal;
  });

  afterEach(async () => {
    stopping.abort();
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });

  const configMap = (name: string, data: Record<string, unknown> = {}): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  });
  const mapNamed = (name: string) => ({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name });

  describe('applies', () => {
    it('an object that is new, and changes it', async () => {
      const made = await client.apply(configMap('a', { x: '1', y: '1' }), forced, signal);
      expect(made).toMatchObject({ object: { data: { x: '1', y: '1' } }, warnings: [] });
      const changed = await client.apply(configMap('a', { x: '2' }), forced, signal);
      expect(changed.object).toMatchObject({ data: { x: '2' }, metadata: { uid: made.object.metadata.uid } });
      expect(changed.object['data']).not.toHaveProperty('y');
      expect(changed.object.metadata.managedFields).toMatchObject([
        { manager: 'test', operation: 'Apply', fieldsV1: { 'f:data': { 'f:x': {} } } },
      ]);
      expect(await client.get(mapNamed('a'), signal)).toEqual(changed.object);
    });

    it('over the fields of others only where it is forced to', async () => {
      await client.apply(configMap('a', { x: '1' }), forced, signal);
      const other = { ...forced, fieldManager: 'other', force: false };
      const taking = client.apply(configMap('a', { x: '2' }), other, signal);
      await expect(taking).rejects.toEqual(failing('TARGET_CONFLICT', '.data.x: conflict with "test"'));
      const taken = await client.apply(configMap('a', { x: '2' }), { ...other, force: true }, signal);
      expect(taken.object).toMatchObject({ data: { x: '2' } });
    });

    it('nothing in a dry run', async () => {
      const tried = await client.apply(configMap('a', { x: '1' }), { ...forced, dryRun: true }, signal);
      expect(tried.object).toMatchObject({ data: { x: '1' }, metadata: { resourceVersion: '' } });
      expect(await client.get(mapNamed('a'), signal)).toBeUndefined();
    });

    it('names with colons, without a namespace, whatever the object says', async () => {
      const name = `client:${namespace}`;
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name, namespace },
        rules: [],
      };
      const { object } = await client.apply(role, forced, signal);
      expect(object.metadata).not.toHaveProperty('namespace');
      const ref = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', namespace, name };
      expect(await client.get(ref, signal)).toEqual(object);
      await client.remove(ref, {}, signal);
      expect(await client.get(ref, signal)).toBeUndefined();
    });

    const inApps = (kind: string, spec: object): KubernetesObject => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'a', namespace },
      spec,
    });
    const template = {
      metadata: { labels: { app: 'a' } },
      spec: { containers: [{ name: 'main', image: 'example.test/a:1' }] },
    };
    const selector = { matchLabels: { app: 'a' } };

    it.each<[string, () => KubernetesObject, string, string]>([
      [
        'with an unknown field',
        () => ({ ...configMap('a'), extra: 1 }),
        'TARGET_INVALID',
        '.extra: field not declared',
      ],
      [
        'with a value of another type',
        () => configMap('a', { x: 5 }),
        'TARGET_INVALID',
        '.data.x: expected string',
      ],
      [
        'with a name that is none',
        () => configMap('A_b'),
        'TARGET_INVALID',
        'metadata.name: Invalid value: "A_b"',
      ],
      [
        'with several faults',
        () => inApps('Deployment', { replicas: -1 }),
        'TARGET_INVALID',
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0; spec.selector: Required value',
      ],
      [
        'without a namespace',
        () => ({ ...configMap('a'), metadata: { name: 'a' } }),
        'TARGET_INVALID',
        'expected a namespace',
      ],
      [
        'in a namespace that is not there',
        () => ({ ...configMap('a'), metadata: { name: 'a', namespace: 'nowhere' } }),
        'TARGET_NAMESPACE_NOT_READY',
        '"nowhere" not found',
      ],
      [
        'of a kind that is not there',
        () => ({ ...configMap('a'), apiVersion: 'nowhere.test/v1' }),
        'TARGET_KIND_UNKNOWN',
        'nowhere.test/v1 ConfigMap',
      ],
    ])('nothing %s', async (_what, object, code, words) => {
      await expect(client.apply(object(), forced, signal)).rejects.toEqual(failing(code, words));
    });

    it.each<[string, () => KubernetesObject, () => KubernetesObject]>([
      [
        'the selector of a Deployment',
        () => inApps('Deployment', { selector, template }),
        () =>
          inApps('Deployment', {
            selector: { matchLabels: { app: 'b' } },
            template: { ...template, metadata: { labels: { app: 'b' } } },
          }),
      ],
      [
        'the service of a StatefulSet',
        () => inApps('StatefulSet', { serviceName: 'a', selector, template }),
        () => inApps('StatefulSet', { serviceName: 'b', selector, template }),
      ],
      [
        'the template of a Job',
        () => ({
          ...inApps('Job', { template: { spec: { ...template.spec, restartPolicy: 'Never' } } }),
          apiVersion: 'batch/v1',
        }),
        () => ({
          ...inApps('Job', { template: { spec: { ...template.spec, restartPolicy: 'OnFailure' } } }),
          apiVersion: 'batch/v1',
        }),
      ],
      [
        'an immutable ConfigMap',
        () => ({ ...configMap('a', { x: '1' }), immutable: true }),
        () => ({ ...configMap('a', { x: '2' }), immutable: true }),
      ],
      [
        'the type of a Secret',
        () => ({ ...configMap('a'), kind: 'Secret', type: 'one' }),
        () => ({ ...configMap('a'), kind: 'Secret', type: 'two' }),
      ],
      ['the role of a RoleBinding', () => binding('one'), () => binding('two')],
      ['the address of a Service', () => service('10.0.77.1'), () => service('10.0.77.2')],
    ])('no change of %s, and says that it cannot be changed', async (_what, before, after) => {
      await client.apply(before(), forced, signal);
      await expect(client.apply(after(), forced, signal)).rejects.toEqual(failing('TARGET_IMMUTABLE'));
    });

    const binding = (role: string): KubernetesObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'a', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
    });
    const service = (clusterIP: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', namespace },
      spec: { clusterIP, ports: [{ port: 80 }] },
    });

    it('no Secret whose values it would repeat', async () => {
      const secret = (data: object): KubernetesObject => ({ ...configMap('a'), kind: 'Secret', data });
      const faults = [
        secret({ pin: 987654 }),
        secret({ 'bad key': 'c2VjcmV0cw==' }),
        secret({ x: '%%secrets%%' }),
      ];
      for (const object of faults) {
        const failure = await client.apply(object, forced, signal).catch((error: unknown) => error);
        expect(failure).toEqual(failing('TARGET_INVALID', `Secret/${namespace}/a`));
        expect((failure as Error).message).not.toMatch(/987654|c2VjcmV0|secrets/);
      }
    });

    it('nothing that exceeds a quota, or that a policy of the cluster denies', async () => {
      const quota = {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'q', namespace },
        spec: { hard: { 'count/secrets': '0' } },
      };
      await client.apply(quota, forced, signal);
      // Its controller counts first.
      await admin.kubectl(
        'wait',
        'resourcequota/q',
        `--namespace=${namespace}`,
        '--for=jsonpath={.status.hard}',
        '--timeout=50s',
      );
      const secret = { ...configMap('a'), kind: 'Secret' };
      await expect(client.apply(secret, forced, signal)).rejects.toEqual(
        failing('TARGET_QUOTA', 'exceeded quota: q'),
      );

      const group = 'admissionregistration.k8s.io';
      const policy = {
        apiVersion: `${group}/v1`,
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: namespace },
        spec: {
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
            ],
          },
          validations: [{ expression: 'false', message: 'never here' }],
        },
      };
      const bound = {
        apiVersion: `${group}/v1`,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: namespace },
        spec: {
          policyName: namespace,
          validationActions: ['Deny'],
          matchResources: {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          },
        },
      };
      try {
        await client.apply(policy, forced, signal);
        await client.apply(bound, forced, signal);
        const tried = { ...forced, dryRun: true };
        const outcome = async (): Promise<unknown> =>
          client.apply(configMap('a'), tried, signal).catch((error: unknown) => error);
        await expect.poll(outcome).toEqual(failing('TARGET_ADMISSION_DENIED', 'never here'));
      } finally {
        for (const { kind } of [bound, policy])
          await client.remove({ group, version: 'v1', kind, namespace: '', name: namespace }, {}, signal);
      }
    });

    it('what a deprecated version is for, and tells the warning', async () => {
      const object = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'a', namespace } };
      const { warnings } = await client.apply(object, forced, signal);
      expect(warnings).toEqual([expect.stringContaining('deprecated')]);
    });
  });

  describe('patches', () => {
    const replaced = [{ op: 'replace', path: '/data/x', value: '2' }] as const;

    it('exactly the version that was read', async () => {
      const { object } = await client.apply(configMap('a', { x: '1' }), forced, signal);
      const guard = (value: string) => ({ op: 'test', path: '/metadata/resourceVersion', value }) as const;
      const { resourceVersion } = object.metadata;
      const patched = await client.patch(
        mapNamed('a'),
        [guard(resourceVersion), ...replaced],
        'test',
        signal,
      );
      expect(patched).toMatchObject({ data: { x: '2' } });
      const late = client.patch(mapNamed('a'), [guard(resourceVersion), ...replaced], 'test', signal);
      await expect(late).rejects.toEqual(failing('TARGET_CHANGED'));
    });

    it('no object that is absent', async () => {
      const patching = client.patch(mapNamed('a'), replaced, 'test', signal);
      await expect(patching).rejects.toEqual(failing('TARGET_CHANGED', 'not found'));
    });
  });

  describe('removes', () => {
    it('an object, and one that is absent', async () => {
      await client.apply(configMap('a'), forced, signal);
      await client.remove(mapNamed('a'), {}, signal);
      expect(await client.get(mapNamed('a'), signal)).toBeUndefined();
      await client.remove(mapNamed('a'), {}, signal);
    });

    it('only the object that was meant', async () => {
      const { object } = await client.apply(configMap('a'), forced, signal);
      const uid = '00000000-0000-0000-0000-000000000000';
      const removing = client.remove(mapNamed('a'), { uid }, signal);
      await expect(removing).rejects.toEqual(failing('TARGET_CHANGED', 'UID'));
      await client.remove(mapNamed('a'), { uid: object.metadata.uid }, signal);
      expect(await client.get(mapNamed('a'), signal)).toBeUndefined();
    });
  });

  describe('knows kinds', () => {
    const group = (): string => `${namespace}.test`;
    const definition = (versions: readonly object[]): KubernetesObject => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group()}` },
      spec: { group: group(), scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions },
    });
    const versionOf = (name: string, served = true) => ({
      name,
      served,
      storage: name === 'v1',
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
        },
      },
    });
    const thing = (version: string, spec: object): KubernetesObject => ({
      apiVersion: `${group()}/${version}`,
      kind: 'Thing',
      metadata: { name: 'a', namespace },
      spec,
    });
    const thingRef = (version: string) => ({ group: group(), version, kind: 'Thing', namespace, name: 'a' });
    const definitionRef = () => ({
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      namespace: '',
      name: `things.${group()}`,
    });

    afterEach(async () => {
      await admin.tryKubectl('delete', 'crd', `things.${group()}`, '--timeout=50s');
    });

    it('that are defined on the way, and no more when they are gone', async () => {
      expect(await client.resourceOf(thingRef('v1'), signal)).toBeUndefined();
      await client.apply(definition([versionOf('v1')]), forced, signal);
      await expect
        .poll(() => client.resourceOf(thingRef('v1'), signal))
        .toEqual({
          group: group(),
          version: 'v1',
          kind: 'Thing',
          plural: 'things',
          namespaced: true,
          watchable: true,
        });
      const { object } = await client.apply(thing('v1', { size: 1 }), forced, signal);
      expect(await client.get(thingRef('v1'), signal)).toEqual(object);
      const unknown = client.apply(thing('v1', { size: 1, colour: 'red' }), forced, signal);
      await expect(unknown).rejects.toEqual(failing('TARGET_INVALID', '.spec.colour'));

      await client.remove(definitionRef(), {}, signal);
      await admin.kubectl('wait', `crd/things.${group()}`, '--for=delete', '--timeout=50s');
      // It finds out by itself, and says it as often as it is asked.
      const applied = () =>
        client.apply(thing('v1', { size: 1 }), forced, signal).catch((error: unknown) => error);
      await expect.poll(applied).toEqual(failing('TARGET_KIND_UNKNOWN'));
      await expect(client.get(thingRef('v1'), signal)).rejects.toEqual(failing('TARGET_KIND_UNKNOWN'));
    });

    it('in another version, where the one that is meant is no longer served', async () => {
      await client.apply(definition([versionOf('v1beta1'), versionOf('v1')]), forced, signal);
      await expect.poll(() => client.resourceOf(thingRef('v1beta1'), signal)).toBeDefined();
      await client.apply(thing('v1beta1', { size: 1 }), forced, signal);
      await client.apply(definition([versionOf('v1beta1', false), versionOf('v1')]), forced, signal);
      // It finds out by itself.
      const read = () => client.get(thingRef('v1beta1'), signal);
      await expect.poll(read).toMatchObject({ apiVersion: `${group()}/v1` });
      expect(await client.resourceOf(thingRef('v1beta1'), signal)).toBeUndefined();
      await client.remove(thingRef('v1beta1'), {}, signal);
      await expect.poll(() => client.get(thingRef('v1'), signal)).toBeUndefined();
    });

    it('with one request for all that ask at the same time', async () => {
      const user = await cluster.createUser(namespace, 'view');
      const mine = await clientOf(user);
      const mark = await cluster.audit.mark();
      await Promise.all(Array.from({ length: 20 }, () => mine.get(mapNamed('a'), signal)));
      const seen = (await cluster.audit.since(mark)).filter((entry) => entry.user.username === user.name);
      expect(seen.filter(({ requestURI }) => requestURI === '/api/v1')).toHaveLength(1);
      expect(seen).toHaveLength(21);
      expect(new Set(seen.map(({ userAgent }) => userAgent))).toEqual(new Set(['sealift/test']));
    });
  });

  describe('follows', () => {
    it('the metadata of a kind: what is there, by pages, and what changes', async () => {
      const names = Array.from({ length: 40 }, (_, at) => `many-${at}`).sort();
      await Promise.all(
        names.map((name) => client.apply(configMap(name, { x: 'y'.repeat(100) }), forced, signal)),
      );
      const before = await listed(client, mapNamed(''), namespace, signal);
      expect(before.names.filter((name) => name.startsWith('many-')).sort()).toEqual(names);
      const [first] = before.pages[0]?.items ?? [];
      expect(first?.managedFields).toHaveLength(1);
      expect(JSON.stringify(before.pages)).not.toContain('yyyy');

      const events: string[] = [];
      const watching = new AbortController();
      const following = (async () => {
        const either = AbortSignal.any([signal, watching.signal]);
        for await (const event of client.watchMetadata(
          before.resource,
          { namespace },
          before.version,
          either,
        )) {
          if (event.type !== 'BOOKMARK') events.push(`${event.type} ${event.metadata.name}`);
        }
      })();
      const ended = expect(following).rejects.toThrow('enough');
      await client.apply(configMap('many-0', { x: 'z' }), forced, signal);
      await client.remove(mapNamed('many-1'), {}, signal);
      await client.apply(configMap('new'), forced, signal);
      await expect.poll(() => events).toEqual(['MODIFIED many-0', 'DELETED many-1', 'ADDED new']);
      watching.abort(new Error('enough'));
      await ended;
    });

    it('more than fits into one page', async () => {
      const roles = Array.from({ length: 501 }, (_, at) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `page-${at}`, namespace },
      }));
      for (let at = 0; at < roles.length; at += 50) {
        await Promise.all(roles.slice(at, at + 50).map((object) => client.apply(object, forced, signal)));
      }
      const { pages, names } = await listed(client, mapNamed(''), namespace, signal);
      expect(pages.length).toBe(2);
      expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
      expect(names.filter((name) => name.startsWith('page-'))).toHaveLength(501);
    });

    it('many kinds at once, without keeping a request waiting', async () => {
      const { resource, version } = await listed(client, mapNamed(''), namespace, signal);
      const watches = Array.from({ length: 40 }, async () => {
        for await (const event of client.watchMetadata(resource, { namespace }, version, signal)) {
          if (event.type === 'ADDED') return event.metadata.name;
        }
        return undefined;
      });
      await client.apply(configMap('seen'), forced, signal);
      expect(new Set(await Promise.all(watches))).toEqual(new Set(['seen']));
    });
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

  describe('ends', () => {
    it('at once when it is told to, and asks nothing any more when it is closed', async () => {
      const { resource, version } = await listed(client, mapNamed(''), namespace, signal);
      const waiting = client.watchMetadata(resource, { namespace }, version, signal)[Symbol.asyncIterator]();
      await waiting.next();
      const next = expect(waiting.next()).rejects.toThrow('the client was closed');
      const asking = client.get(mapNamed('a'), AbortSignal.abort(new Error('not any more')));
      await expect(asking).rejects.toThrow('not any more');
      await client.close();
      await next;
      await expect(client.get(mapNamed('a'), signal)).rejects.toThrow('the client was closed');
    });
  });
});

describeWithPeers('the client of a Kubernetes API that is started again', clusterPrograms, () => {
  let running: RunningCluster;
  let client: KubernetesClient;
  const { signal } = new AbortController();

  beforeAll(async () => {
    running = await startCluster();
    const access = await kubeconfigAccess([running.cluster.user('sealift').kubeconfig]);
    client = createKubernetesClient(access, options);
  });

  afterAll(async () => {
    await client?.close();
    await running?.stop();
  });

  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
  const thing = { group: 'client.test', version: 'v1', kind: 'Thing' };

  it('goes on, never takes a kind for gone, and hears which versions are forgotten', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.client.test' },
      spec: {
        group: 'client.test',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    };
    await client.apply(definition, forced, signal);
    await expect.poll(() => client.resourceOf(thing, signal)).toBeDefined();
    const { resource, version } = await listed(client, ref, 'default', signal);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } };
    for (const x of ['1', '2']) await client.apply({ ...object, data: { x } }, forced, signal);

    const watched: string[] = [];
    const watching = (async () => {
      for await (const { type } of client.watchMetadata(resource, { namespace: 'default' }, version, signal))
        if (type !== 'BOOKMARK') watched.push(type);
    })();
    await expect.poll(() => watched).toEqual(['ADDED', 'MODIFIED']);
    const answers = new Set<string>();
    let isUp = false;
    const asking = (async () => {
      while (!isUp) {
        client.forget();
        const found = await client.resourceOf(thing, signal).catch((error: { code: string }) => error.code);
        answers.add(typeof found === 'object' ? 'found' : String(found));
      }
    })();
    await running.restartApiServer();
    isUp = true;
    await asking;
    await watching;
    expect(answers).toContain('found');
    expect(answers).not.toContain('undefined');
    expect(await client.get(ref, signal)).toMatchObject({ data: { x: '2' } });

    const late = client.watchMetadata(resource, { namespace: 'default' }, version, signal);
    const following = (async () => {
      for await (const _ of late);
    })();
    await expect(following).rejects.toEqual(failing('TARGET_EXPIRED', 'too old resource version'));
  });

  it('goes on after the server ended a watch, as it does after some minutes', async () => {
    const access = await kubeconfigAccess([running.cluster.user('sealift').kubeconfig]);
    // A watch takes 300 seconds and a random part of them: here two.
    const brief = createKubernetesClient(access, { ...options, random: { next: () => -0.994 } });
    try {
      const { resource, version } = await listed(brief, ref, 'default', signal);
      const watchFrom = async (from: string): Promise<readonly string[]> => {
        const seen: string[] = [];
        for await (const event of brief.watchMetadata(resource, { namespace: 'default' }, from, signal)) {
          seen.push(event.type);
        }
        return seen;
      };
      expect(await watchFrom(version)).toEqual(['BOOKMARK']);
      const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b', namespace: 'default' } };
      await brief.apply(other, forced, signal);
      expect(await watchFrom(version)).toEqual(['BOOKMARK', 'ADDED']);
    } finally {
      await brief.close();
    }
  });
});
