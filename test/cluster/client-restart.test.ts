import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clientOptions, failing, forced, listed } from './harness/client-bench.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { type RunningCluster, startCluster } from './harness/start-cluster.ts';

describeWithPeers('the client of a Kubernetes API that is started again', clusterPrograms, () => {
  let running: RunningCluster;
  let client: KubernetesClient;
  const { signal } = new AbortController();

  beforeAll(async () => {
    running = await startCluster();
    const access = await kubeconfigAccess([running.cluster.user('sealift').kubeconfig]);
    client = createKubernetesClient(access, clientOptions);
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
    const brief = createKubernetesClient(access, { ...clientOptions, random: { next: () => -0.994 } });
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
