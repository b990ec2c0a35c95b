import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../cmd/sealift/system-clock.ts';
import { type InventoryEntry, inventoryId } from '../../src/api/index.ts';
import { applyPlan, type Plan, planAgainst } from '../../src/apply/index.ts';
import { type KubernetesObject, refOf, type Target } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import { createKubernetesClient, type KubernetesClient, kubeconfigAccess } from '../../src/target/index.ts';
import { createKubernetesTarget } from '../../src/target/kubernetes/kubernetes-target.ts';
import { createMemoryTraces } from '../fakes/memory-traces.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

const idle = new AbortController().signal;
const owner = { name: 'apps', namespace: 'flux-system' };
const patiently = { timeout: 60_000, interval: 200 };

const steps = ({ applies, prunes }: Plan): string[] =>
  [...applies, ...prunes].map(
    (step) => `${step.kind} ${step.ref.kind}${step.kind === 'keep' ? ` ${step.reason}` : ''}`,
  );

function objectsOf(name: string) {
  const group = `${name}.test`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const version = (of: string, served: boolean) => ({ name: of, served, storage: of === 'v1', schema });
  const object = (apiVersion: string, kind: string, rest: object): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { name: 'one', namespace: name },
    ...rest,
  });
  return {
    space: object('v1', 'Namespace', { metadata: { name } }),
    web: object('v1', 'ConfigMap', { data: { a: 'b' } }),
    gadget: object(`${group}/v1`, 'Gadget', { spec: { size: 1 } }),
    definition: (isServed = true, scope = 'Namespaced'): KubernetesObject =>
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
        metadata: { name: `gadgets.${group}` },
        spec: {
          group,
          scope,
          names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
          versions: [version('v1', isServed), version('v2', false)],
        },
      }),
  };
}

describeWithPeers('objects that leave a build, on a real API server', clusterPrograms, () => {
  let admin: ClusterUser;
  let client: KubernetesClient;
  let target: Target;
  let inventory: readonly InventoryEntry[];
  let name: string;
  let objects: ReturnType<typeof objectsOf>;

  beforeEach(async () => {
    const cluster = sharedCluster();
    admin = cluster.user('admin');
    const access = await kubeconfigAccess([cluster.user('sealift').kubeconfig]);
    client = createKubernetesClient(access, {
      userAgent: 'sealift/test',
      clock: systemClock,
      random: systemRandom,
      environment: {},
    });
    const ports = {
      client,
      traces: createMemoryTraces(),
      clock: systemClock,
      random: systemRandom,
      podsOf: podsInQuestion,
    };
    target = createKubernetesTarget(ports);
    inventory = [];
    name = `departed-${randomBytes(4).toString('hex')}`;
    objects = objectsOf(name);
  });
  afterEach(async () => {
    await admin.kubectl('delete', 'namespace', name, '--ignore-not-found', '--wait=false');
    await admin.kubectl('delete', 'crd', `gadgets.${name}.test`, '--ignore-not-found', '--wait=false');
    await client.close();
  });

  const planned = (build: readonly KubernetesObject[]): Promise<Plan> => {
    const scope = { owner, prune: true, force: false, mayShrink: true };
    const neighbours = async () => ({ neighbours: [], elsewhere: new Set<string>() });
    return planAgainst(target, { scope, objects: build, inventory, neighbours }, idle);
  };
  const deliver = async (build: readonly KubernetesObject[]): Promise<readonly string[]> => {
    const plan = await planned(build);
    const hooks = {
      recordInventory: async (entries: readonly InventoryEntry[]) => {
        inventory = entries;
      },
      changed: () => undefined,
    };
    ({ inventory } = await applyPlan(target, plan, hooks, idle));
    return steps(plan);
  };
  const ids = (...some: readonly KubernetesObject[]): readonly string[] =>
    some.map((one) => inventoryId(refOf(one)));
  const owned = (): readonly string[] => inventory.map(({ id }) => id);
  const isThere = async (kind: string, of: string): Promise<boolean> =>
    (await admin.kubectl('get', kind, of, '--ignore-not-found', `--namespace=${name}`)) !== '';

  it('a Namespace stays as long as there is something in it', async () => {
    const { space, web } = objects;
    await deliver([space, web]);
    expect(await deliver([web])).toEqual(['unchanged ConfigMap', 'keep Namespace still-used']);
    expect(owned()).toEqual(ids(web, space));
    expect(await isThere('configmap', 'one')).toBe(true);
    expect(await deliver([])).toEqual(['delete Namespace', 'delete ConfigMap']);
    expect(owned()).not.toContain(ids(web)[0]);
  });

  it('a definition stays as long as something is of its kind', async () => {
    const { space, gadget } = objects;
    const definition = objects.definition();
    await deliver([space, definition, gadget]);
    expect(await deliver([space, gadget])).toEqual([
      'unchanged Namespace',
      'unchanged Gadget',
      'keep CustomResourceDefinition still-used',
    ]);
    expect(await isThere(`gadgets.${name}.test`, 'one')).toBe(true);
    expect(await deliver([space])).toEqual([
      'unchanged Namespace',
      'delete CustomResourceDefinition',
      'delete Gadget',
    ]);
  });

  it('what is not served for a while is not forgotten, and goes when it is served again', async () => {
    const { space, gadget } = objects;
    const gadgets = `gadgets.${name}.test`;
    await deliver([space, objects.definition(), gadget]);
    const unserved = [space, objects.definition(false)];
    await deliver([...unserved, gadget]).catch(() => undefined);
    await expect.poll(() => isThere(gadgets, 'one').catch(() => 'not served'), patiently).toBe('not served');
    client.forget();
    expect(await deliver(unserved)).toContain('keep Gadget unserved');
    expect(owned()).toContain(ids(gadget)[0]);

    await deliver([space, objects.definition()]);
    await deliver([space, objects.definition()]);
    expect(await isThere(gadgets, 'one')).toBe(false);
    expect(owned()).toEqual(ids(space, objects.definition()));
  });

  it('what is of a kind that nobody defines any more is gone', async () => {
    const { space, gadget } = objects;
    await deliver([space, objects.definition(), gadget]);
    await admin.kubectl('delete', 'crd', `gadgets.${name}.test`, '--timeout=50s');
    client.forget();
    expect(await deliver([space])).toEqual(['unchanged Namespace']);
    expect(owned()).toEqual(ids(space));
  });

  it('an object of a kind without namespaces has one name, whatever namespace a build gives it', async () => {
    const { space, gadget } = objects;
    const definition = objects.definition(true, 'Cluster');
    const inOther = { ...gadget, metadata: { ...gadget.metadata, namespace: 'other' } };
    const { namespace: _, ...metadata } = gadget.metadata;
    const all = ids(space, definition, { ...gadget, metadata });
    await deliver([space, definition, gadget]);
    expect(owned()).toEqual(all);
    expect(await deliver([space, definition, inOther])).not.toContain('delete Gadget');
    expect(await isThere(`gadgets.${name}.test`, 'one')).toBe(true);
    expect(owned()).toEqual(all);
    await deliver([space, definition]);
    expect(await isThere(`gadgets.${name}.test`, 'one')).toBe(false);
  });

  it('what another hand made since the plan is neither overwritten nor deleted', async () => {
    const { space, web } = objects;
    const ref = refOf(web);
    const byHand = (data: string): Promise<string> =>
      admin.kubectl('create', 'configmap', 'one', `--namespace=${name}`, `--from-literal=a=${data}`);
    await deliver([space]);
    const hooks = { recordInventory: async () => undefined, changed: () => undefined };

    const creation = await planned([space, web]);
    await byHand('theirs');
    await expect(applyPlan(target, creation, hooks, idle)).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
    const json = await admin.kubectl('get', 'configmap', 'one', `--namespace=${name}`, '--output=json');
    expect(JSON.parse(json)).toMatchObject({ data: { a: 'theirs' }, metadata: { uid: expect.anything() } });
    expect(JSON.parse(json).metadata.labels).toBeUndefined();

    await admin.kubectl('delete', 'configmap', 'one', `--namespace=${name}`);
    await deliver([space, web]);
    const deletion = await planned([space]);
    await admin.kubectl('delete', 'configmap', 'one', `--namespace=${name}`);
    await byHand('theirs');
    await expect(applyPlan(target, deletion, hooks, idle)).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
    expect(await isThere('configmap', 'one')).toBe(true);
    expect(await target.observe(ref, undefined, idle)).toMatchObject({ kind: 'present', owner: undefined });
    expect(await deliver([space])).toContain('keep ConfigMap labels-removed');
    expect(owned()).toEqual(ids(space));
  });
});
