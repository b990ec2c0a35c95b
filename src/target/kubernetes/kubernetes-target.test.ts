import { beforeEach, describe, expect, it } from 'vitest';
import { describeTarget } from '../../../test/contract/target-contract.ts';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import type { Traces } from '../../api/index.ts';
import { type KubernetesObject, type ObjectRef, refOf, type Target } from '../../core/index.ts';
import { createKubernetesTarget } from './kubernetes-target.ts';

const random = { next: () => 0.5 };
const podsOf = (): undefined => undefined;
const idle = new AbortController().signal;
const keep = { recreate: false };
const owner = { name: 'apps', namespace: 'flux-system' };

describeTarget('Kubernetes API (fake)', async () => {
  const cluster = new FakeCluster();
  const ports = { client: cluster, traces: createMemoryTraces(), clock: new FakeClock(), random, podsOf };
  return {
    target: createKubernetesTarget(ports),
    namespace: 'shop',
    read: async (ref) => cluster.live(ref),
    put: async (object) => cluster.put(object),
    take: async (ref) => cluster.take(ref),
    close: async () => undefined,
  };
});

describe('a Kubernetes API as a target', () => {
  let cluster: FakeCluster;
  let traces: Traces;
  let clock: FakeClock;
  let target: Target;
  let told: (string | undefined)[];
  let stop: AbortController;

  const open = (): Target => createKubernetesTarget({ client: cluster, traces, clock, random, podsOf });
  const watch = async (): Promise<void> => {
    void target.watch((ref) => told.push(ref?.name), stop.signal);
    await settle();
    told.length = 0;
  };
  /** What was asked since the last call. */
  const asked = (): readonly string[] => cluster.requests.splice(0);
  const observe = (desired: KubernetesObject, ref: ObjectRef = refOf(desired)) =>
    target.observe(ref, desired, idle);
  const one = configMap('one', { owner });
  const oneRef = refOf(one);

  beforeEach(() => {
    cluster = new FakeCluster();
    traces = createMemoryTraces();
    clock = new FakeClock();
    target = open();
    told = [];
    stop = new AbortController();
    return () => stop.abort();
  });

  it('tells what the server has to say of an object that it took', async () => {
    cluster.warnings = ['v1 ConfigMap is deprecated'];
    const warned: string[] = [];
    await target.write(one, { ...keep, warned: (texts) => warned.push(...texts) }, idle);
    expect(warned).toEqual(['v1 ConfigMap is deprecated']);
  });

  it('asks nothing about what is as it left it', async () => {
    await watch();
    await target.write(one, keep, idle);
    await observe(one);
    asked();
    expect(await observe(one)).toMatchObject({ matches: true });
    expect(await target.observe(oneRef, undefined, idle)).toMatchObject({ matches: false, owner });
    expect(asked()).toEqual([]);
  });

  it('asks nothing about what is as it left it when something else is asked for', async () => {
    await watch();
    await target.write(one, keep, idle);
    await observe(one);
    asked();
    const other = configMap('one', { owner, data: { key: 'other' } });
    expect(await observe(other)).toEqual({ kind: 'present', uid: 'uid-1', owner, matches: false, marks: {} });
    expect(asked()).toEqual([]);
  });

  it('after a restart asks for one list of a kind and for no object', async () => {
    const objects = Array.from({ length: 5 }, (_, at) => configMap(`m${at}`, { owner }));
    for (const object of objects) await target.write(object, keep, idle);
    cluster.put(configMap('not-ours'));
    target = open();
    asked();
    await watch();
    const seen = await Promise.all(objects.map((object) => observe(object)));
    expect(seen).toEqual(objects.map(() => expect.objectContaining({ matches: true })));
    expect(asked()).toEqual(['list ConfigMap', 'list ConfigMap', 'list ConfigMap', 'watch ConfigMap']);
  });

  it('reads what another hand changed, and shows it as far as it was asked for', async () => {
    await watch();
    await target.write(one, keep, idle);
    await settle();
    cluster.put(configMap('one', { owner, data: { key: 'other', added: 'x' } }));
    await settle();
    asked();
    expect(await observe(one)).toMatchObject({ matches: false, live: { data: { key: 'other' } } });
    expect(asked()).toEqual(['get ConfigMap/shop/one']);
    expect(told).toEqual(['one']);
  });

  it('says nothing of fields and objects that are not ours', async () => {
    await watch();
    await target.write(one, keep, idle);
    cluster.put(configMap('not-ours'));
    cluster.put(configMap('one', { owner, data: { key: 'value', added: 'x' } }));
    await settle();
    asked();
    expect(await observe(one)).toMatchObject({ matches: true });
    expect([asked(), told]).toEqual([[], []]);
  });

  it('sees that the same value is not ours any more', async () => {
    await watch();
    await target.write(one, keep, idle);
    cluster.put(configMap('one', { owner, data: { key: 'other' } }));
    cluster.put(one);
    await settle();
    expect(await observe(one)).toMatchObject({ matches: false });
    await target.write(one, keep, idle);
    expect(await observe(one)).toMatchObject({ matches: true });
  });

  it('tells of an object that was deleted and made again as it was', async () => {
    await watch();
    await target.write(one, keep, idle);
    cluster.take(oneRef);
    cluster.put(one);
    await settle();
    expect(told).toContain('one');
    expect(await observe(one)).toMatchObject({ matches: false });
  });

  it('asks the server where nothing is remembered, and remembers its answer', async () => {
    await target.write(one, keep, idle);
    traces.remove('shop_one__ConfigMap');
    target = open();
    asked();
    expect(await observe(one)).toMatchObject({ matches: true });
    expect(await observe(one)).toMatchObject({ matches: true });
    expect(asked()).toEqual(['get ConfigMap/shop/one', 'try ConfigMap/shop/one', 'get ConfigMap/shop/one']);
  });

  it('calls nothing a match of which a field was taken, though it has the same value again', async () => {
    await target.write(one, keep, idle);
    cluster.put(configMap('one', { owner, data: { key: 'other' } }));
    cluster.put(one);
    traces.remove('shop_one__ConfigMap');
    expect(await observe(one)).toMatchObject({ matches: false });
  });

  it('takes nothing for its own that it holds no field of', async () => {
    cluster.put(one);
    expect(await observe(one)).toMatchObject({ matches: false });
    expect(asked()).toEqual(['get ConfigMap/shop/one']);
  });

  it('takes over what kubectl holds, so that what is not asked for goes', async () => {
    await target.write(one, keep, idle);
    cluster.put(configMap('one', { owner, data: { key: 'value', added: 'x' } }), 'kubectl-edit');
    expect(await observe(one)).toMatchObject({ matches: false });
    asked();
    await target.write(one, keep, idle);
    expect(cluster.live(oneRef)).toMatchObject({ data: { key: 'value' } });
    expect(cluster.live(oneRef)?.['data']).not.toHaveProperty('added');
    expect(asked()).toEqual([
      'get ConfigMap/shop/one',
      'patch ConfigMap/shop/one',
      'apply ConfigMap/shop/one',
    ]);
    expect(await observe(one)).toMatchObject({ matches: true });
  });

  it('leaves kubectl what it holds where the object says ssa: Merge', async () => {
    const merged = configMap('one', { owner, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } });
    await target.write(merged, keep, idle);
    cluster.put({ ...merged, data: { key: 'value', added: 'x' } }, 'kubectl-edit');
    expect(await observe(merged)).toMatchObject({ matches: true });
    await target.write(merged, keep, idle);
    expect(cluster.live(oneRef)).toMatchObject({ data: { key: 'value', added: 'x' } });
  });

  describe('with force', () => {
    const deleted = (): readonly string[] => asked().filter((request) => request.startsWith('remove'));

    it('recreates what cannot be changed, once the new object is known to be valid', async () => {
      await target.write(one, keep, idle);
      cluster.immutable.add('ConfigMap/shop/one');
      const deletions: string[] = [];
      const options = { recreate: true, deleted: () => void deletions.push('one') };
      await target.write(configMap('one', { owner, data: { key: 'new' } }), options, idle);
      expect(deletions).toEqual(['one']);
      expect(cluster.live(oneRef)).toMatchObject({ data: { key: 'new' }, metadata: { uid: 'uid-2' } });
      expect(deleted()).toEqual(['remove ConfigMap/shop/one']);
    });

    it('deletes nothing for an object that is not valid', async () => {
      await target.write(one, keep, idle);
      cluster.immutable.add('ConfigMap/shop/one');
      cluster.failing.set('try ConfigMap/shop/sealift-trial-*', 'TARGET_INVALID');
      const write = target.write(configMap('one', { owner, data: { key: 'new' } }), { recreate: true }, idle);
      await expect(write).rejects.toMatchObject({ code: 'TARGET_INVALID' });
      expect(deleted()).toEqual([]);
    });

    it.each(['TARGET_INVALID', 'TARGET_CHANGED', 'TARGET_FORBIDDEN', 'TARGET_BUSY'] as const)(
      'deletes nothing when the write fails for another reason: %s',
      async (code) => {
        await target.write(one, keep, idle);
        cluster.failing.set('apply ConfigMap/shop/one', code);
        await expect(target.write(one, { recreate: true }, idle)).rejects.toMatchObject({ code });
        expect(deleted()).toEqual([]);
      },
    );

    it('deletes nothing where it was not told to', async () => {
      await target.write(one, keep, idle);
      cluster.immutable.add('ConfigMap/shop/one');
      await expect(target.write(one, keep, idle)).rejects.toMatchObject({ code: 'TARGET_IMMUTABLE' });
      expect(deleted()).toEqual([]);
    });

    it('says so when the old object does not go', async () => {
      await target.write(one, keep, idle);
      cluster.immutable.add('ConfigMap/shop/one');
      cluster.stays.add('ConfigMap/shop/one');
      const write = target.write(one, { recreate: true }, idle);
      const outcome = expect(write).rejects.toThrow('expected it to be gone 60 s after its deletion');
      for (let second = 0; second < 70; second += 1) await clock.advance(1000);
      await outcome;
    });
  });

  it('removes only the object that it has seen', async () => {
    await target.write(one, keep, idle);
    cluster.take(oneRef);
    cluster.put(configMap('one'));
    await expect(target.remove(oneRef, idle)).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
    expect(cluster.live(oneRef)).toBeDefined();
  });

  it('takes a failure for a failure', async () => {
    cluster.failing.set('*', 'TARGET_UNREACHABLE');
    await expect(observe(one)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
  });

  it('looks itself while the watch is broken', async () => {
    await watch();
    await target.write(one, keep, idle);
    await observe(one);
    cluster.failing.set('watch ConfigMap', 'TARGET_UNREACHABLE');
    cluster.cut();
    await settle();
    await clock.advance(1000);
    asked();
    expect(await observe(one)).toMatchObject({ matches: true });
    expect(asked()).toContain('get ConfigMap/shop/one');
  });

  it('forgets what the next write may change before it writes', async () => {
    await target.write(one, keep, idle);
    cluster.failing.set('apply ConfigMap/shop/one', 'TARGET_UNREACHABLE');
    const changed = configMap('one', { owner, data: { key: 'new' } });
    await expect(target.write(changed, keep, idle)).rejects.toThrow();
    expect(traces.find('shop_one__ConfigMap')).toBeUndefined();
  });
});
