import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import { type AgentParts, converge, Engine } from '../../src/agent/index.ts';
import type { DeliveryStatus, StateStore } from '../../src/api/index.ts';
import type { KubernetesObject } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import { createMemoryStateStore } from '../../src/site/index.ts';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { createKubernetesTarget } from '../../src/target/kubernetes/kubernetes-target.ts';
import { FakeStages } from '../fakes/fake-stages.ts';
import { createMemoryTraces } from '../fakes/memory-traces.ts';
import { deliveryYaml, siteOf, sourceYaml } from '../fakes/site.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

const agent = 'sealift/health-test';
const patiently = { timeout: 60_000, interval: 50 };

describeWithPeers('the health of a delivery on a real API server', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let client: KubernetesClient;
  let namespace: string;
  let registry: FakeStages;
  let state: StateStore;
  let stop: AbortController;
  let done: Promise<void> | undefined;
  let told: string[];

  beforeAll(async () => {
    cluster = sharedCluster();
    admin = cluster.user('admin');
    client = createKubernetesClient(await kubeconfigAccess([admin.kubeconfig]), {
      userAgent: agent,
      clock: systemClock,
      random: systemRandom,
      environment: {},
    });
  });
  afterAll(() => client.close());

  beforeEach(async () => {
    namespace = await cluster.createNamespace('health');
    registry = new FakeStages();
    state = createMemoryStateStore();
    stop = new AbortController();
    told = [];
  });

  afterEach(async () => {
    stop.abort();
    await done;
    done = undefined;
  });

  /** Long enough for a machine that is busy with other things; no test waits for its end. */
  const waits = '  wait: true\n  timeout: 10m\n';
  const siteWith = (spec: string) => siteOf(sourceYaml('app') + deliveryYaml('app', 'app', spec));

  function partsFor(objects: readonly KubernetesObject[]): AgentParts {
    registry.objects = objects;
    const traces = createMemoryTraces();
    const ports = { client, traces, clock: systemClock, random: systemRandom, podsOf: podsInQuestion };
    return {
      stages: registry.stages,
      target: createKubernetesTarget(ports),
      state,
      clock: systemClock,
      random: systemRandom,
      withdrawAll: false,
      listener: ({ kind }) => told.push(kind),
    };
  }

  /** Delivers objects and waits for them. */
  function deliver(objects: readonly KubernetesObject[], spec = waits): void {
    done = new Engine(partsFor(objects), siteWith(spec)).run(stop.signal);
  }

  function statusOf(): DeliveryStatus | undefined {
    return state.deliveries.find('edge', 'app')?.status;
  }

  /** `True`, and what the status says of health. */
  function said(): string {
    const conditions = statusOf()?.conditions ?? [];
    const [ready, healthy] = ['Ready', 'Healthy'].map((type) => conditions.find((one) => one.type === type));
    return `${ready?.status} ${healthy?.message}`;
  }

  const podOf = (fate?: string): Record<string, unknown> => ({
    metadata: { labels: { app: 'web', ...(fate === undefined ? {} : { fate }) } },
    spec: { nodeName: 'kwok', containers: [{ name: 'main', image: 'example.test/app:1' }] },
  });

  const deployment = (fate?: string, progressDeadlineSeconds = 600): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 2,
      progressDeadlineSeconds,
      selector: { matchLabels: { app: 'web' } },
      template: podOf(fate),
    },
  });

  const job = (fate?: string): KubernetesObject => {
    const { metadata, spec } = podOf(fate) as { metadata: object; spec: object };
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace },
      spec: { backoffLimit: 0, template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } },
    };
  };

  it('is there when a Deployment is available, is lost at once with a Pod, and comes back with another', async () => {
    deliver([deployment()]);
    await expect.poll(said, patiently).toMatch(/^True Health check passed in /);
    const inNamespace = (...args: readonly string[]): Promise<string> =>
      admin.kubectl(...args, `--namespace=${namespace}`);
    const pod = (await inNamespace('get', 'pods', '--output=name')).split('\n')[0] ?? '';
    const patch = '{"status":{"conditions":[{"type":"Ready","status":"False"}]}}';
    await inNamespace('patch', pod, '--subresource=status', '--type=merge', `--patch=${patch}`);
    const lost = `Unknown waiting for: [Deployment/${namespace}/web status: 'InProgress': `;
    await expect.poll(() => said().startsWith(lost), patiently).toBe(true);
    await inNamespace('delete', pod, '--wait=false');
    await expect.poll(said, patiently).toMatch(/^True Health check passed in /);
    expect(told.filter((kind) => kind.startsWith('health'))).toEqual([
      'health-passed',
      'health-lost',
      'health-passed',
    ]);
  });

  it('is waited for by a single pass, which watches nothing', async () => {
    const { failures } = await converge(partsFor([deployment()]), siteWith(waits), stop.signal);
    expect(failures).toEqual([]);
    expect(said()).toMatch(/^True Health check passed in /);
  });

  it('is known without a request while nothing changes', async () => {
    deliver([deployment()]);
    await expect.poll(said, patiently).toMatch(/^True /);
    const asked = async (mark: number): Promise<readonly string[]> => {
      const entries = await cluster.audit.since(mark);
      const own = entries.filter(
        ({ userAgent, objectRef }) => userAgent === agent && objectRef?.namespace === namespace,
      );
      return own.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`);
    };
    const askedMeanwhile = async (): Promise<readonly string[]> => {
      const mark = await cluster.audit.mark();
      await admin.kubectl(
        'annotate',
        'configmap/kube-root-ca.crt',
        'a=b',
        '--overwrite',
        `--namespace=${namespace}`,
      );
      await admin.kubectl('get', 'pods', `--namespace=${namespace}`);
      return (await asked(mark)).filter((request) => !request.startsWith('watch'));
    };
    // The last words of controllers come after those that make it healthy.
    await expect.poll(askedMeanwhile, patiently).toEqual([]);
    expect(await askedMeanwhile()).toEqual([]);
  });

  it('fails as soon as a Deployment says that it does not progress, in its words', async () => {
    deliver([deployment('has-no-image', 6)]);
    await expect
      .poll(said, patiently)
      .toMatch(
        /^False failed early due to stalled resources: \[Deployment\/health-\w+\/web status: 'Failed': ProgressDeadlineExceeded: ReplicaSet "web-\w+" has timed out progressing\.; Pod web-\S+: container main waits: ImagePullBackOff: Back-off pulling image/,
      );
  });

  it('fails with a Pod that crashes again and again, and names the container', async () => {
    const { metadata, spec } = podOf('crashes') as { metadata: object; spec: object };
    deliver([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace, ...metadata }, spec }]);
    await expect
      .poll(said, patiently)
      .toContain(
        `Pod/${namespace}/web status: 'Failed': container main waits: CrashLoopBackOff: back-off restarting failed container, and ended with code 1 before`,
      );
  });

  it('fails with a StatefulSet whose Pod crashes, long before its time is over', async () => {
    const { spec } = deployment('crashes') as { spec?: { progressDeadlineSeconds: number } };
    const { progressDeadlineSeconds: _, ...rest } = spec ?? { progressDeadlineSeconds: 0 };
    const metadata = { name: 'web', namespace };
    deliver([
      { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { ...rest, serviceName: 'web' } },
    ]);
    await expect
      .poll(said, patiently)
      .toContain(`; Pod web-0: container main waits: CrashLoopBackOff: back-off restarting failed container`);
    expect(said()).toMatch(/^False failed early due to stalled resources/);
  });

  it('waits for a Job to end', async () => {
    deliver([job()]);
    await expect.poll(said, patiently).toMatch(/^True /);
  });

  it('fails with a Job, in its words', async () => {
    deliver([job('fails')]);
    await expect
      .poll(said, patiently)
      .toContain(
        `Job/${namespace}/once status: 'Failed': BackoffLimitExceeded: Job has reached the specified backoff limit`,
      );
  });

  it('of definitions and their objects is judged by what they say, and by expressions', async () => {
    const group = `${namespace}.test`;
    const definition: KubernetesObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `tasks.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'tasks', singular: 'task', kind: 'Task', listKind: 'TaskList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { status: { type: 'object', properties: { phase: { type: 'string' } } } },
              },
            },
          },
        ],
      },
    };
    const task = { apiVersion: `${group}/v1`, kind: 'Task', metadata: { name: 'a', namespace } };
    const expressions = `[{apiVersion: ${group}/v1, kind: Task, current: "status.phase == 'Done'", failed: "status.phase == 'Broken'"}]`;
    deliver([definition, task], `  wait: true\n  timeout: 10m\n  healthCheckExprs: ${expressions}\n`);
    await expect.poll(said, patiently).toMatch(/^Unknown Running health checks/);
    const setPhase = async (phase: string): Promise<void> => {
      const patch = JSON.stringify({ status: { phase } });
      const options = [
        '--subresource=status',
        '--type=merge',
        `--patch=${patch}`,
        `--namespace=${namespace}`,
      ];
      await admin.kubectl('patch', `tasks.${group}/a`, ...options);
    };
    await expect.poll(() => statusOf()?.inventory?.entries.length, patiently).toBe(2);
    await setPhase('Broken');
    await expect.poll(said, patiently).toContain("status: 'Failed': status.phase == 'Broken'");
    await setPhase('Done');
    await expect.poll(said, patiently).toMatch(/^True /);
  });
});
