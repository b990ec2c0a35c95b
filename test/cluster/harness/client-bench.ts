import { env } from 'node:process';
import { afterEach, beforeEach, expect } from 'vitest';
import { systemClock, systemRandom } from '../../../cmd/sealift/system-clock.ts';
import type { KubernetesObject, ObjectRef } from '../../../src/core/index.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
  kubeconfigAccess,
} from '../../../src/target/index.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterUser } from './cluster-user.ts';
import { sharedCluster } from './shared-cluster.ts';

export type Access = Parameters<typeof createKubernetesClient>[0];

export const clientOptions = {
  userAgent: 'sealift/test',
  clock: systemClock,
  random: systemRandom,
  environment: { PATH: env['PATH'] },
};

export const forced = { fieldManager: 'test', force: true, dryRun: false };

/** An error with this code and these words. */
export const failing = (code: string, words = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(words) });

/** All that a list holds, page by page. */
export async function listed(
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

/** What one test has for itself. */
interface Current {
  readonly cluster: Cluster;
  readonly admin: ClusterUser;
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** Aborts when the test ends. */
  readonly signal: AbortSignal;
}

export interface ClientBench {
  now(): Current;
  /** Closed when the test ends. */
  open(access: Access): KubernetesClient;
  clientOf(user: ClusterUser): Promise<KubernetesClient>;
  configMap(name: string, data?: Record<string, unknown>): KubernetesObject;
  mapNamed(name: string): ObjectRef;
}

/** A client of the shared cluster and a namespace, made anew for each test of the block that asks for it. */
export function clientBench(): ClientBench {
  let current: Current;
  const opened: KubernetesClient[] = [];
  const open = (access: Access): KubernetesClient => {
    const made = createKubernetesClient(access, clientOptions);
    opened.push(made);
    return made;
  };
  const clientOf = async (user: ClusterUser): Promise<KubernetesClient> =>
    open(await kubeconfigAccess([user.kubeconfig]));
  const stops: AbortController[] = [];
  beforeEach(async () => {
    const cluster = sharedCluster();
    const stop = new AbortController();
    stops.push(stop);
    const namespace = await cluster.createNamespace('client');
    const client = await clientOf(cluster.user('sealift'));
    current = { cluster, admin: cluster.user('admin'), client, namespace, signal: stop.signal };
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) stop.abort();
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });
  return {
    now: () => current,
    open,
    clientOf,
    configMap: (name, data = {}) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: current.namespace },
      data,
    }),
    mapNamed: (name) => ({ group: '', version: 'v1', kind: 'ConfigMap', namespace: current.namespace, name }),
  };
}
