import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import type { InventoryEntry } from '../../src/api/index.ts';
import { applyPlan, markOwned, observeDelivery, planDelivery } from '../../src/apply/index.ts';
import { type KubernetesObject, refOf, type Target } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { createKubernetesTarget } from '../../src/target/kubernetes/kubernetes-target.ts';
import { createMemoryTraces } from '../fakes/memory-traces.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

const idle = new AbortController().signal;
const owner = { name: 'apps', namespace: 'flux-system' };
const rounds = 30;

describeWithPeers('a definition and its objects in one build, on a real API server', clusterPrograms, () => {
  let client: KubernetesClient;
  let target: Target;
  let namespace: string;
  let inventory: readonly InventoryEntry[];

  beforeEach(async () => {
    const cluster = sharedCluster();
    namespace = await cluster.createNamespace('definition');
    const user = await cluster.createUser(namespace, 'cluster-admin');
    const ports = { userAgent: 'sealift/test', clock: systemClock, random: systemRandom, environment: {} };
    client = createKubernetesClient(await kubeconfigAccess([user.kubeconfig]), ports);
    const time = { clock: systemClock, random: systemRandom };
    target = createKubernetesTarget({
      client,
      traces: createMemoryTraces(),
      ...time,
      podsOf: podsInQuestion,
    });
    inventory = [];
  });
  afterEach(async () => {
    await sharedCluster().user('admin').tryKubectl('delete', `crd/gadgets.${namespace}.test`, '--wait=false');
    await client.close();
  });

  /** With so many fields, and objects that have all of them. */
  function build(fields: number): readonly KubernetesObject[] {
    const names = Array.from({ length: fields }, (_, at) => `field${at}`);
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
    const schema = { type: 'object', properties: { spec: { type: 'object', properties } } };
    const group = `${namespace}.test`;
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `gadgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    const gadgets = ['a', 'b', 'c'].map((name) => ({
      apiVersion: `${group}/v1`,
      kind: 'Gadget',
      metadata: { name, namespace },
      spec: Object.fromEntries(names.map((field) => [field, 'set'])),
    }));
    return [definition, ...gadgets];
  }

  async function deliver(objects: readonly KubernetesObject[]): Promise<void> {
    const observations = await observeDelivery(target, objects, inventory, idle);
    const delivery = { owner, prune: true, force: false, mayShrink: true };
    const plan = planDelivery({ objects, inventory, observations, delivery });
    const recordInventory = async (entries: readonly InventoryEntry[]): Promise<void> => {
      inventory = entries;
    };
    await applyPlan(target, plan, { recordInventory, changed: () => undefined }, idle);
  }

  it(`goes through each of ${rounds} times that the definition brings a field that the objects use`, async () => {
    const failed: string[] = [];
    for (let fields = 1; fields <= rounds; fields += 1) {
      const objects = markOwned(build(fields), owner);
      await deliver(objects).catch((thrown: unknown) => failed.push(`${thrown}`));
      const last = objects.at(-1) ?? expect.fail('a build without objects');
      const live = await client.get(refOf(last), idle);
      expect(live).toMatchObject(failed.length === 0 ? { spec: last['spec'] } : {});
    }
    expect(failed).toEqual([]);
  });
});
