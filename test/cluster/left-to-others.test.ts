import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import { type KubernetesObject, refOf, type Target } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { createKubernetesTarget } from '../../src/target/kubernetes/kubernetes-target.ts';
import { Watching } from '../contract/target-contract.ts';
import { createMemoryTraces } from '../fakes/memory-traces.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { AuditMark } from './harness/audit-log.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

const idle = new AbortController().signal;
const ignored = ['/spec/replicas', '/spec/ports/1/targetPort'];
const keep = { recreate: false, ignored };

describeWithPeers('fields that are left to others, on a real API server', clusterPrograms, () => {
  let cluster: Cluster;
  let user: ClusterUser;
  let namespace: string;
  let client: KubernetesClient;
  let target: Target;

  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.createNamespace('left');
    user = await cluster.createUser(namespace, 'cluster-admin');
    const ports = { userAgent: 'sealift/test', clock: systemClock, random: systemRandom };
    client = createKubernetesClient(await kubeconfigAccess([user.kubeconfig]), { ...ports, environment: {} });
    target = createKubernetesTarget({
      client,
      traces: createMemoryTraces(),
      clock: systemClock,
      random: systemRandom,
      podsOf: podsInQuestion,
    });
  });
  afterEach(() => client.close());

  const kubectl = (...args: readonly string[]): Promise<string> =>
    cluster.user('admin').kubectl(...args, `--namespace=${namespace}`);
  /** What was asked of the API server, but for watches. */
  const asked = async (mark: AuditMark): Promise<readonly string[]> =>
    (await cluster.audit.since(mark))
      .filter(({ user: { username }, objectRef }) => username === user.name && objectRef !== undefined)
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`)
      .filter((request) => !request.startsWith('watch'));

  const web = (image: string): KubernetesObject => {
    const labels = { app: 'web' };
    const spec = { containers: [{ name: 'main', image: `example.org/web:${image}` }] };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    };
  };
  const replicas = async (): Promise<unknown> => {
    const live = await client.get(refOf(web('1')), idle);
    return (live?.['spec'] as { readonly replicas?: unknown } | undefined)?.replicas;
  };

  it('take one look when somebody changes them for the first time, and none afterwards', async () => {
    const watching = new Watching(target);
    await watching.next(undefined);
    await target.observe(refOf(web('1')), web('1'), idle, ignored);
    await target.write(web('1'), keep, idle);
    await kubectl('scale', 'deployment/web', '--replicas=1');
    await watching.next(refOf(web('1')));
    expect(await target.observe(refOf(web('1')), web('1'), idle, ignored)).toMatchObject({ matches: true });
    const mark = await cluster.audit.mark();
    await kubectl('scale', 'deployment/web', '--replicas=2');
    expect(await target.observe(refOf(web('1')), web('1'), idle, ignored)).toMatchObject({ matches: true });
    expect(await asked(mark)).toEqual([]);
    await target.write(web('2'), keep, idle);
    expect(await replicas()).toBe(2);
    await watching.stop();
  });

  it('are not written over where somebody is faster', async () => {
    await target.write(web('1'), keep, idle);
    let hands = 2;
    const get = client.get.bind(client);
    client.get = async (...question) => {
      const live = await get(...question);
      if (--hands >= 0) await kubectl('scale', 'deployment/web', `--replicas=${5 + hands}`);
      return live;
    };
    const mark = await cluster.audit.mark();
    await target.write(web('2'), keep, idle);
    expect(await replicas()).toBe(5);
    const writes = (await asked(mark)).filter((request) => request === 'patch deployments');
    // Controllers of the cluster may be faster, too.
    expect(writes.length).toBeGreaterThanOrEqual(3);
  });

  it('are known in a list by what its items go by, and what is filled in', async () => {
    const service = (first: number, second: number): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: {
        selector: { app: 'web' },
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: first },
          { name: 'dns-tcp', port: 53, targetPort: second },
        ],
      },
    });
    await target.write(service(1, 1), keep, idle);
    const patch = [
      { op: 'replace', path: '/spec/ports/0/targetPort', value: 7 },
      { op: 'replace', path: '/spec/ports/1/targetPort', value: 8 },
    ];
    const how = ['--type=json', '--field-manager=other'];
    await kubectl('patch', 'service/web', ...how, `--patch=${JSON.stringify(patch)}`);
    const seen = await target.observe(refOf(service(1, 1)), service(1, 1), idle, ignored);
    expect(seen).toMatchObject({ matches: false });
    await target.write(service(1, 1), keep, idle);
    const live = await client.get(refOf(service(1, 1)), idle);
    expect(live).toMatchObject({ spec: { ports: [{ targetPort: 1 }, { targetPort: 8 }] } });
    expect(await target.observe(refOf(service(1, 2)), service(1, 2), idle, ignored)).toMatchObject({
      matches: true,
    });
  });
});
