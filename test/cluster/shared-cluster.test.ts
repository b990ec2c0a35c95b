import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

describeWithPeers('the cluster that test files share', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let namespace: string;

  beforeAll(() => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });

  beforeEach(async () => {
    namespace = await cluster.createNamespace('harness');
  });

  /** Applies an object in the namespace of the test; JSON is YAML. */
  const create = async (path: string, body: object): Promise<void> => {
    const answer = await admin.ask(path.replace('NAMESPACE', namespace), { method: 'POST', body });
    expect(answer).toMatchObject({ status: 201 });
  };
  const inNamespace = (...args: readonly string[]): Promise<string> =>
    admin.kubectl(...args, `--namespace=${namespace}`);
  const read = (resource: string, path: string): Promise<string> =>
    inNamespace('get', resource, `--output=jsonpath=${path}`);
  const waitFor = (resource: string, condition: string): Promise<string> =>
    inNamespace('wait', resource, `--for=${condition}`, '--timeout=50s');

  const podSpec = {
    nodeName: 'kwok',
    containers: [{ name: 'main', image: 'example.test/app:1' }],
  };
  const template = { metadata: { labels: { app: 'demo' } }, spec: podSpec };

  it('answers that it is ready', async () => {
    expect(await admin.kubectl('get', '--raw=/readyz')).toBe('ok');
  });

  it('has namespaces that become active and are deleted to the end', async () => {
    await inNamespace('create', 'configmap', 'held', '--from-literal=a=b');
    expect(await read(`namespace/${namespace}`, '{.status.phase}')).toBe('Active');
    await admin.kubectl('delete', `namespace/${namespace}`, '--timeout=50s');
    const gone = await admin.tryKubectl('get', `namespace/${namespace}`);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('NotFound') });
  });

  it('gives every namespace its service account and the authority of the cluster', async () => {
    expect(await read('serviceaccount/default', '{.metadata.name}')).toBe('default');
    await waitFor('configmap/kube-root-ca.crt', 'create');
  });

  it('runs a Pod that names the node, and ends it at once when it is deleted', async () => {
    const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'demo' }, spec: podSpec };
    await create('/api/v1/namespaces/NAMESPACE/pods', pod);
    await waitFor('pod/demo', 'condition=Ready');
    expect(await read('pod/demo', '{.status.phase} {.status.podIP}')).toMatch(/^Running 10\.1\.\d+\.\d+$/);
    await inNamespace('delete', 'pod/demo', '--timeout=50s');
  });

  it('brings a Deployment to its replicas and a Job to its end', async () => {
    await create('/apis/apps/v1/namespaces/NAMESPACE/deployments', {
      metadata: { name: 'demo' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'demo' } }, template },
    });
    await create('/apis/batch/v1/namespaces/NAMESPACE/jobs', {
      metadata: { name: 'demo' },
      spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } },
    });
    await waitFor('deployment/demo', 'condition=Available');
    expect(await read('deployment/demo', '{.status.readyReplicas}')).toBe('2');
    await waitFor('job/demo', 'condition=Complete');
  });

  it('refuses a user without a role, and says what is missing', async () => {
    const answer = await cluster.user('guest').ask(`/api/v1/namespaces/${namespace}/configmaps`);
    expect(answer).toMatchObject({ status: 403, body: { message: expect.stringContaining('"guest"') } });
  });

  describe('its audit log', () => {
    const objects = (path: string): string => `/api/v1/namespaces/${namespace}/${path}`;

    it('tells who asked for what and how it ended', async () => {
      const mark = await cluster.audit.mark();
      const body = { metadata: { name: 'one' } };
      await cluster.user('sealift').ask(objects('configmaps'), { method: 'POST', body });
      await cluster.user('guest').ask(objects('configmaps/one'), { method: 'DELETE' });
      await admin.kubectl('get', 'configmap/one', `--namespace=${namespace}`);
      await cluster.audit.mark();
      const since = await cluster.audit.since(mark);
      // What it asks itself, here or in another test file, is no request of anybody's.
      expect(since.filter((entry) => entry.requestURI.includes('mark='))).toEqual([]);
      const seen = since
        .filter((entry) => entry.objectRef?.namespace === namespace && entry.objectRef.name === 'one')
        .map(({ user, verb, responseStatus }) => `${user.username} ${verb} ${responseStatus?.code}`);
      expect(seen).toEqual(['sealift create 201', 'guest delete 403', 'admin get 200']);
    });

    it('tells one test file from another by a user of its own, and nothing where nothing was asked', async () => {
      const user = await cluster.createUser(namespace, 'view');
      const asked = async (mark: number): Promise<readonly string[]> =>
        (await cluster.audit.since(mark))
          .filter((entry) => entry.user.username === user.name)
          .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
      const first = await cluster.audit.mark();
      expect(await user.ask(objects('configmaps'))).toMatchObject({ status: 200 });
      expect(await user.ask(objects('secrets'))).toMatchObject({ status: 403 });
      expect(await asked(first)).toEqual([`list ${objects('configmaps')}`, `list ${objects('secrets')}`]);
      const second = await cluster.audit.mark();
      expect(await asked(second)).toEqual([]);
    });

    it('tells a watch once, at its beginning', async () => {
      const mark = await cluster.audit.mark();
      const watched = `${objects('configmaps')}?watch=true&timeoutSeconds=1&resourceVersion=0`;
      await cluster.user('sealift').ask(watched);
      const seen = (await cluster.audit.since(mark)).filter((entry) => entry.requestURI === watched);
      expect(seen.map(({ verb, stage }) => `${verb} ${stage}`)).toEqual(['watch ResponseStarted']);
    });
  });
});
