import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import type { KubernetesObject } from '../../src/core/index.ts';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

const never = new AbortController().signal;
const group = 'large-integers.example.com';
const largest = 9_223_372_036_854_775_807n;

const definition: KubernetesObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `counters.${group}` },
  spec: {
    group,
    names: { kind: 'Counter', plural: 'counters', singular: 'counter', listKind: 'CounterList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { at: { type: 'integer', format: 'int64', default: largest } },
          },
        },
      },
    ],
  },
};

describeWithPeers('whole numbers beyond 2^53', clusterPrograms, () => {
  let admin: ClusterUser;
  let client: KubernetesClient;

  beforeAll(async () => {
    admin = sharedCluster().user('admin');
    client = createKubernetesClient(await kubeconfigAccess([admin.kubeconfig]), {
      userAgent: 'sealift/test',
      clock: systemClock,
      random: systemRandom,
      environment: {},
    });
  });
  afterAll(async () => {
    await admin.kubectl('delete', 'crd', `counters.${group}`, '--ignore-not-found');
    await client.close();
  });

  it('reach the server digit by digit', async () => {
    const options = {
      fieldManager: 'kustomize-controller',
      force: true,
      dryRun: false,
    } as const;
    await client.apply(definition, options, never);
    const path = '{.spec.versions[0].schema.openAPIV3Schema.properties.at.default}';
    const shown = await admin.kubectl('get', 'crd', `counters.${group}`, `--output=jsonpath=${path}`);
    expect(shown).toBe(String(largest));
  });
});
