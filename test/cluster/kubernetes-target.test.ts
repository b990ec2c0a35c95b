import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KubernetesObject, type ObjectRef, refOf, type Target } from '../../src/core/index.ts';
import type { KubernetesClient } from '../../src/target/index.ts';
import { describeTarget, Watching } from '../contract/target-contract.ts';
import { createMemoryTraces } from '../fakes/memory-traces.ts';
import { configMap } from '../fixtures/objects.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { isFurtherPage } from './harness/audit-log.ts';
import type { Cluster } from './harness/cluster.ts';
import { definitionOf, deployment, inNamespace, ownedBy, owner } from './harness/cluster-objects.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';
import { clientOf, targetOver } from './harness/target-bench.ts';

const idle = new AbortController().signal;
const keep = { recreate: false };

const patiently = { timeout: 20_000 };
const plurals: Readonly<Record<string, string>> = { ConfigMap: 'configmaps', Secret: 'secrets' };

function pathOf({ kind, namespace, name }: ObjectRef): string {
  return `/api/v1/namespaces/${namespace}/${plurals[kind]}/${name}`;
}

/** The other hand: replaces whole objects, as an update without a version does. */
function handOver(admin: ClusterUser) {
  return {
    read: async (ref: ObjectRef): Promise<KubernetesObject | undefined> => {
      const { status, body } = await admin.ask(pathOf(ref));
      return status === 200 ? (body as KubernetesObject) : undefined;
    },
    put: async (object: KubernetesObject): Promise<void> => {
      const path = pathOf(refOf(object));
      const { status } = await admin.ask(path, { method: 'PUT', body: object });
      if (status === 200) return;
      const collection = path.slice(0, path.lastIndexOf('/'));
      expect(await admin.ask(collection, { method: 'POST', body: object })).toMatchObject({ status: 201 });
    },
    take: async (ref: ObjectRef): Promise<void> => {
      expect(await admin.ask(pathOf(ref), { method: 'DELETE' })).toMatchObject({ status: 200 });
    },
  };
}

describeWithPeers('the Kubernetes target on a real API server', clusterPrograms, () => {
  let cluster: Cluster;
  let admin: ClusterUser;
  let folder: string;
  const clients: KubernetesClient[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sealift-target-'));
    cluster = sharedCluster();
    admin = cluster.user('admin');
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    rmSync(folder, { recursive: true });
  });

  const open = async (user: ClusterUser): Promise<KubernetesClient> => {
    const client = await clientOf(user);
    clients.push(client);
    return client;
  };

  describeTarget('Kubernetes API', async () => {
    const client = await open(cluster.user('sealift'));
    return {
      ...handOver(admin),
      target: targetOver(client),
      namespace: await cluster.createNamespace('target'),
      close: () => client.close(),
    };
  });

  describe('with other managers beside it', () => {
    let namespace: string;
    let target: Target;
    let watching: Watching;
    let app: KubernetesObject;

    /** Runs kubectl in the namespace. */
    const kubectl = (...args: readonly string[]): Promise<string> =>
      admin.kubectl(...args, `--namespace=${namespace}`);
    const shown = (path: string): Promise<string> =>
      kubectl('get', 'deployment/app', `--output=jsonpath=${path}`);
    const matches = async (): Promise<boolean | undefined> => {
      const seen = await target.observe(refOf(app), app, idle);
      return seen.kind === 'present' ? seen.matches : undefined;
    };

    beforeEach(async () => {
      namespace = await cluster.createNamespace('managers');
      target = targetOver(await open(cluster.user('sealift')));
      app = deployment(namespace);
      watching = new Watching(target);
      await watching.next(undefined);
      await target.observe(refOf(app), app, idle);
      await target.write(app, keep, idle);
      expect(await matches()).toBe(true);
    });
    afterEach(() => watching.stop());

    const patch = (json: object): Promise<string> =>
      kubectl('patch', 'deployment/app', '--type=merge', `--patch=${JSON.stringify(json)}`);
    const applied = (change: object, ...args: readonly string[]): Promise<string> => {
      const { metadata: _, ...rest } = app;
      const object = { ...rest, metadata: { name: 'app' }, ...change };
      const file = join(folder, 'app.json');
      writeFileSync(file, JSON.stringify(object));
      return kubectl('apply', `--filename=${file}`, ...args);
    };
    const spec = (change: object): object => ({ spec: { ...(app['spec'] as object), ...change } });

    it.each<[string, () => Promise<string>, string, string]>([
      ['kubectl patch', () => patch({ spec: { replicas: 3 } }), '{.spec.replicas}', '1'],
      ['kubectl scale', () => kubectl('scale', 'deployment/app', '--replicas=4'), '{.spec.replicas}', '1'],
      [
        'kubectl label',
        () => kubectl('label', 'deployment/app', 'tier=x', '--overwrite'),
        '{.metadata.labels.tier}',
        'web',
      ],
      [
        'kubectl label that removes',
        () => kubectl('label', 'deployment/app', 'tier-'),
        '{.metadata.labels.tier}',
        'web',
      ],
      [
        'a new label by kubectl',
        () => kubectl('label', 'deployment/app', 'added=x'),
        '{.metadata.labels.added}',
        '',
      ],
      [
        'kubectl set image',
        () => kubectl('set', 'image', 'deployment/app', 'main=example.test/app:2'),
        '{.spec.template.spec.containers[0].image}',
        'example.test/app:1',
      ],
      ['kubectl apply', () => applied(spec({ replicas: 5 })), '{.spec.replicas}', '1'],
      [
        'kubectl apply of a further field',
        () => applied(spec({ minReadySeconds: 7 })),
        '{.spec.minReadySeconds}',
        '',
      ],
      [
        'server-side apply by force',
        () => applied(spec({ replicas: 5 }), '--server-side', '--force-conflicts', '--field-manager=other'),
        '{.spec.replicas}',
        '1',
      ],
    ])('tells of %s at once, and writes over it', async (_, edit, path, value) => {
      await edit();
      await watching.next(refOf(app));
      expect(await matches()).toBe(false);
      await target.write(app, keep, idle);
      expect(await shown(path)).toBe(value);
      expect(await matches()).toBe(true);
    });

    it.each<[string, () => Promise<string>]>([
      [
        'fields of another manager',
        () =>
          applied(
            { metadata: { name: 'app', labels: { his: 'x' } } },
            '--server-side',
            '--field-manager=other',
          ),
      ],
      [
        'the same values by another manager',
        () => applied({}, '--server-side', '--force-conflicts', '--field-manager=other'),
      ],
      [
        'a status',
        () =>
          kubectl(
            'patch',
            'deployment/app',
            '--subresource=status',
            '--type=merge',
            '--patch={"status":{"replicas":9}}',
          ),
      ],
    ])('takes %s for nothing of its own', async (_, edit) => {
      await edit();
      expect(await matches()).toBe(true);
      expect(watching.told).toEqual([]);
    });

    it('removes a field that is not asked for any more, whoever set it by kubectl too', async () => {
      await patch({ metadata: { labels: { tier: 'web' } } });
      const { tier: _, ...labels } = app.metadata.labels ?? {};
      const less = { ...app, metadata: { ...app.metadata, labels } };
      await target.write(less, keep, idle);
      expect(await shown('{.metadata.labels.tier}')).toBe('');
    });

    it('takes over what was made by kubectl before, with the annotation that it leaves', async () => {
      await kubectl('delete', 'deployment/app', '--wait');
      await applied(spec({ minReadySeconds: 7 }));
      await target.write(app, keep, idle);
      expect(await shown('{.spec.minReadySeconds} {.metadata.annotations}')).not.toMatch(/7|last-applied/);
      const managers = await shown('{.metadata.managedFields[*].manager}');
      expect(managers.split(' ')).not.toContain('kubectl-client-side-apply');
      expect(await matches()).toBe(true);
    });
  });

  /** What was asked, without watches. */
  const countingTarget = async () => {
    const namespace = await cluster.createNamespace('counted');
    const user = await cluster.createUser(namespace, 'cluster-admin');
    const client = await open(user);
    const asked = async (mark: number): Promise<readonly string[]> =>
      (await cluster.audit.since(mark))
        .filter((entry) => entry.user.username === user.name && entry.objectRef !== undefined)
        .filter((entry) => !isFurtherPage(entry))
        .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`);
    return { namespace, client, asked };
  };

  it('asks for nothing but a watch in a second pass, and for one list of a kind after a restart', async () => {
    const { namespace, client, asked } = await countingTarget();
    const traces = createMemoryTraces();
    const objects = Array.from({ length: 30 }, (_, at) =>
      inNamespace(configMap(`m${at}`, { owner }), namespace),
    );
    const target = targetOver(client, traces);
    const observeAll = (one: Target) =>
      Promise.all(objects.map((object) => one.observe(refOf(object), object, idle)));
    const watching = new Watching(target);
    await watching.next(undefined);
    await observeAll(target);
    await Promise.all(objects.map((object) => target.write(object, keep, idle)));

    const second = await cluster.audit.mark();
    const seen = await observeAll(target);
    expect(seen.map((one) => one.kind === 'present' && one.matches)).toEqual(objects.map(() => true));
    expect(await asked(second)).toEqual([]);
    await watching.stop();

    const restarted = await cluster.audit.mark();
    const again = targetOver(client, traces);
    const watchingAgain = new Watching(again);
    const seenAgain = await observeAll(again);
    expect(seenAgain.map((one) => one.kind === 'present' && one.matches)).toEqual(objects.map(() => true));
    await expect.poll(() => asked(restarted), patiently).toEqual(['list configmaps', 'watch configmaps']);
    await watchingAgain.stop();
  });

  describe('with force', () => {
    const secretOf = (namespace: string, data: Readonly<Record<string, string>>): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'fixed', namespace, labels: ownedBy },
      immutable: true,
      type: 'Opaque',
      stringData: data,
    });

    it('recreates what is immutable, and deletes nothing for an object that is refused', async () => {
      const namespace = await cluster.createNamespace('force');
      const target = targetOver(await open(cluster.user('sealift')));
      const hand = handOver(admin);
      const first = secretOf(namespace, { a: '1' });
      await target.write(first, keep, idle);
      const before = await hand.read(refOf(first));

      const second = secretOf(namespace, { a: '2' });
      await expect(target.write(second, keep, idle)).rejects.toMatchObject({ code: 'TARGET_IMMUTABLE' });
      const invalid = { ...second, stringData: { 'no such/key': 'x' } };
      await expect(target.write(invalid, { recreate: true }, idle)).rejects.toMatchObject({
        code: 'TARGET_INVALID',
      });
      expect(await hand.read(refOf(first))).toEqual(before);

      await target.write(second, { recreate: true }, idle);
      const after = await hand.read(refOf(first));
      expect(after?.['data']).toEqual({ a: Buffer.from('2').toString('base64') });
      expect(after?.metadata['uid']).not.toBe(before?.metadata['uid']);
      expect(await target.observe(refOf(second), second, idle)).toMatchObject({ matches: true });
    });
  });

  it('has a definition established before it says that it is written', async () => {
    const target = targetOver(await open(cluster.user('sealift')));
    const namespace = await cluster.createNamespace('defined');
    const group = `${namespace}.test`;
    const definition = definitionOf(group);
    const gadget = {
      apiVersion: `${group}/v1`,
      kind: 'Gadget',
      metadata: { name: 'one', namespace, labels: ownedBy },
      spec: { size: 1 },
    };
    const watching = new Watching(target);
    await watching.next(undefined);
    expect(await target.observe(refOf(gadget), gadget, idle)).toEqual({ kind: 'unserved' });
    await target.write(definition, keep, idle);
    await target.write(gadget, keep, idle);
    expect(await target.observe(refOf(gadget), gadget, idle)).toMatchObject({ matches: true });
    await admin.kubectl('delete', `gadgets.${group}/one`, `--namespace=${namespace}`);
    await watching.next(refOf(gadget));
    await target.write(gadget, keep, idle);

    await admin.kubectl('delete', `crd/gadgets.${group}`, '--timeout=50s');
    await watching.next(refOf(gadget));
    await expect
      .poll(() => target.observe(refOf(gadget), gadget, idle), patiently)
      .toEqual({ kind: 'unserved' });
    await target.write(definition, keep, idle);
    await target.write(gadget, keep, idle);
    expect(await target.observe(refOf(gadget), gadget, idle)).toMatchObject({ matches: true });
    await target.remove(refOf(definition), idle);
    await watching.stop();
  });

  it('refuses a field that the server does not know, by name', async () => {
    const target = targetOver(await open(cluster.user('sealift')));
    const namespace = await cluster.createNamespace('strict');
    const object = { ...inNamespace(configMap('one', { owner }), namespace), dataa: { key: 'value' } };
    await expect(target.write(object, keep, idle)).rejects.toThrow('dataa');
    expect(await target.observe(refOf(object), undefined, idle)).toEqual({ kind: 'absent' });
  });

  it('watches namespace by namespace where it may not watch everywhere', async () => {
    const namespace = await cluster.createNamespace('confined');
    await admin.kubectl('create', 'serviceaccount', 'confined', `--namespace=${namespace}`);
    const user = await cluster.createUser(namespace, 'none');
    const binding = [
      'create',
      'rolebinding',
      'confined',
      '--clusterrole=cluster-admin',
      `--namespace=${namespace}`,
    ];
    await admin.kubectl(...binding, `--serviceaccount=${namespace}:tester`);
    const target = targetOver(await open(user));
    const one = inNamespace(configMap('one', { owner }), namespace);
    const watching = new Watching(target);
    await watching.next(undefined);
    await target.observe(refOf(one), one, idle);
    await target.write(one, keep, idle);
    const mark = await cluster.audit.mark();
    expect(await target.observe(refOf(one), one, idle)).toMatchObject({ matches: true });
    await handOver(admin).take(refOf(one));
    await watching.next(refOf(one));
    expect(await target.observe(refOf(one), one, idle)).toEqual({ kind: 'absent' });
    const asked = (await cluster.audit.since(mark)).filter(
      (entry) => entry.user.username === user.name && entry.objectRef?.namespace === namespace,
    );
    expect(asked.map(({ verb }) => verb)).toEqual([]);
    await watching.stop();
  });
});
