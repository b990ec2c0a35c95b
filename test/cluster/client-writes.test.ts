import { beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/core/index.ts';
import type { KubernetesClient } from '../../src/target/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clientBench, failing, forced } from './harness/client-bench.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';

describeWithPeers('the client of a Kubernetes API', clusterPrograms, () => {
  const { now, configMap, mapNamed } = clientBench();
  let admin: ClusterUser;
  let client: KubernetesClient;
  let namespace: string;
  let signal: AbortSignal;

  beforeEach(() => {
    ({ admin, client, namespace, signal } = now());
  });

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
});
