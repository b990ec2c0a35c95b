import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import { inParallel, type KubernetesObject, refOf, type Target } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { createKubernetesTarget } from '../../src/target/kubernetes/kubernetes-target.ts';
import { createMemoryTraces } from '../fakes/memory-traces.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clientOptions } from './harness/client-bench.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { type RunningCluster, startCluster } from './harness/start-cluster.ts';

const idle = new AbortController().signal;
const keep = { recreate: false };
const patiently = { timeout: 120_000 };

function configMap(name: string, value: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } };
}

describeWithPeers('a cluster that is restored from a backup', clusterPrograms, () => {
  let running: RunningCluster;
  let client: KubernetesClient;
  let target: Target;
  const stop = new AbortController();
  const told: (string | undefined)[] = [];

  beforeAll(async () => {
    running = await startCluster();
    const access = await kubeconfigAccess([running.cluster.user('sealift').kubeconfig]);
    client = createKubernetesClient(access, clientOptions);
    const ports = { clock: systemClock, random: systemRandom, podsOf: podsInQuestion };
    target = createKubernetesTarget({ client, traces: createMemoryTraces(), ...ports });
  });

  afterAll(async () => {
    stop.abort();
    await client?.close();
    await running?.stop();
  });

  it('is seen as it is, and watched from there on, though its versions are older than those that were known', async () => {
    const [before, after] = [configMap('one', 'before'), configMap('one', 'after')];
    void target.watch((ref) => told.push(ref?.name), stop.signal);
    await target.write(before, keep, idle);
    await running.undo(async () => {
      const others = Array.from({ length: 500 }, (_, at) => configMap(`other-${at}`, 'x'));
      await inParallel(others, 8, (one) => target.write(one, keep, idle), idle);
      await target.write(after, keep, idle);
      await expect
        .poll(() => target.observe(refOf(after), after, idle), patiently)
        .toMatchObject({ matches: true });
      told.length = 0;
    });
    await expect.poll(() => told, patiently).toContain('one');
    expect(await target.observe(refOf(after), after, idle)).toMatchObject({
      kind: 'present',
      matches: false,
    });
    // What happens from now on has versions that were given before.
    await target.write(after, keep, idle);
    told.length = 0;
    await running.cluster.user('admin').kubectl('delete', 'configmap/one', '-n', 'default');
    await expect.poll(() => told, patiently).toContain('one');
    expect(await target.observe(refOf(after), after, idle)).toEqual({ kind: 'absent' });
  });
});
