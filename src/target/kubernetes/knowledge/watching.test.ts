import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../../test/fixtures/objects.ts';
import type { Traces } from '../../../api/index.ts';
import { type KubernetesObject, type Observation, refOf, type Target } from '../../../core/index.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const idle = new AbortController().signal;
const keep = { recreate: false };
const owner = { name: 'apps', namespace: 'flux-system' };
const one = configMap('one', { owner });
const other = configMap('one', { owner, data: { key: 'other' } });
const oneRef = refOf(one);
const minute = 60_000;

describe('the watch of a Kubernetes API', () => {
  let cluster: FakeCluster;
  let traces: Traces;
  let clock: FakeClock;
  let target: Target;
  let told: (string | undefined)[];
  let stop: AbortController;
  let watching: Promise<void>;

  const watch = async (): Promise<void> => {
    watching = target.watch((ref) => told.push(ref?.name), stop.signal);
    await settle();
  };
  const asked = (): readonly string[] => cluster.requests.splice(0);
  const observe = (desired: KubernetesObject): Promise<Observation> =>
    target.observe(refOf(desired), desired, idle);
  /** Watches an object that is as it was left. */
  const deliver = async (): Promise<void> => {
    await watch();
    await target.write(one, keep, idle);
    await observe(one);
    await settle();
    told.length = 0;
    asked();
  };

  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.isTicking = true;
    traces = createMemoryTraces();
    clock = new FakeClock();
    target = createKubernetesTarget({
      client: cluster,
      traces,
      clock,
      random: { next: () => 0.5 },
      podsOf: () => undefined,
    });
    told = [];
    stop = new AbortController();
    return () => stop.abort();
  });

  it('says once that anything may have changed, and nothing of what we write ourselves', async () => {
    await watch();
    await target.write(one, keep, idle);
    cluster.beforeAnswer = settle;
    await target.write(other, keep, idle);
    await target.remove(oneRef, idle);
    await settle();
    expect(told).toEqual([undefined]);
  });

  it('takes an object for another one that somebody made again under our name', async () => {
    await deliver();
    cluster.isTicking = false;
    await target.write(other, keep, idle);
    await target.write(one, keep, idle);
    cluster.take(oneRef);
    await cluster.apply(one, { fieldManager: 'kustomize-controller', force: true, dryRun: false }, idle);
    await settle();
    expect(told).toContain('one');
    expect(await observe(one)).toMatchObject({ matches: false });
  });

  it('tells what another hand changed while we wrote', async () => {
    await deliver();
    cluster.beforeAnswer = async () => {
      cluster.put(other);
      await settle();
    };
    await target.write(one, keep, idle);
    expect(told).toEqual(['one']);
    expect(await observe(one)).toMatchObject({ matches: false });
  });

  it('tells what a write changed whose answer was lost, and knows it', async () => {
    await deliver();
    cluster.beforeAnswer = async () => {
      await settle();
      throw new Error('lost');
    };
    await expect(target.write(other, keep, idle)).rejects.toThrow('lost');
    cluster.beforeAnswer = settle;
    expect(told).toEqual(['one']);
    expect(await observe(one)).toMatchObject({ matches: false });
    expect(await observe(other)).toMatchObject({ matches: true });
  });

  it('does not go back to what was there before our own write', async () => {
    await deliver();
    cluster.allow(0);
    cluster.put(other);
    cluster.take(oneRef);
    await target.write(one, keep, idle);
    for (let change = 0; change < 3; change += 1) {
      expect(await observe(one)).toMatchObject({ matches: true });
      cluster.allow(1);
      await settle();
    }
    expect(asked()).toEqual(['apply ConfigMap/shop/one']);
    expect(told).toEqual([]);
  });

  it('asks about an object that came up while the list was read, behind its page', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) cluster.put(configMap(name));
    await watch();
    let seen: Promise<Observation> | undefined;
    cluster.betweenPages = async () => {
      seen ??= observe(configMap('a'));
      await settle();
    };
    await observe(configMap('z'));
    expect(await seen).toMatchObject({ kind: 'present' });
  });

  it('remembers nothing of objects that nobody asked for', async () => {
    cluster.put(configMap('not-ours'));
    await deliver();
    await observe(configMap('not-ours'));
    expect(asked()).toEqual(['get ConfigMap/shop/not-ours']);
  });

  it('knows that an object is new without asking, unless there ever was one of its name', async () => {
    await deliver();
    expect(await observe(configMap('new'))).toEqual({ kind: 'absent' });
    expect(asked()).toEqual([]);
    cluster.put(configMap('later'));
    await settle();
    expect(await observe(configMap('later'))).toMatchObject({ kind: 'present' });
    expect(asked()).toEqual(['get ConfigMap/shop/later']);
    cluster.put(configMap('new'));
    await settle();
    expect(told).toEqual(['new']);
  });

  it('asks about an object that it removed and that finalizers may keep', async () => {
    await deliver();
    await target.write(configMap('two', { owner }), keep, idle);
    cluster.stays.add('ConfigMap/shop/one');
    await target.remove(oneRef, idle);
    expect(await observe(one)).toMatchObject({ kind: 'present' });
  });

  it('tells that an object is gone which finalizers kept after its removal', async () => {
    await deliver();
    const departure = { finalizers: ['example.com/hold'] };
    cluster.stays.add('ConfigMap/shop/one');
    expect(await target.remove(oneRef, idle)).toEqual(departure);
    await settle();
    expect(told).toEqual([]);
    asked();
    expect(await target.observe(oneRef, undefined, idle)).toMatchObject({ kind: 'present', departure });
    expect(asked()).toEqual([]);
    cluster.take(oneRef);
    await settle();
    expect(told).toEqual(['one']);
  });

  it('goes on where it was when it is cut, and misses nothing', async () => {
    await deliver();
    cluster.failing.set('watch ConfigMap', 'TARGET_UNREACHABLE');
    cluster.cut();
    await settle();
    cluster.put(other);
    cluster.failing.clear();
    await clock.advance(minute);
    expect(told).toEqual(['one']);
    expect(asked()).not.toContain('list ConfigMap');
    expect(await observe(one)).toMatchObject({ matches: false });
  });

  it.each<[string, () => void]>([
    ['changed', () => cluster.put(other)],
    ['deleted', () => cluster.take(oneRef)],
  ])(
    'reads the list again when it was away for too long, and tells what was %s meanwhile',
    async (_, act) => {
      cluster.put(configMap('x'));
      cluster.put(configMap('y'));
      await deliver();
      cluster.failing.set('watch ConfigMap', 'TARGET_UNREACHABLE');
      cluster.cut();
      await settle();
      act();
      cluster.compact();
      cluster.failing.clear();
      asked();
      await clock.advance(minute);
      expect(told).toEqual(['one']);
      expect(asked().filter((request) => request.startsWith('list')).length).toBeGreaterThan(0);
      expect((await observe(one)).kind).toBe(cluster.live(oneRef) === undefined ? 'absent' : 'present');
    },
  );

  it('asks a server that is away ever less often, and is back when that is', async () => {
    await deliver();
    cluster.failing.set('*', 'TARGET_UNREACHABLE');
    cluster.cut();
    await settle();
    await clock.advance(10 * minute);
    const tries = asked().length;
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(45);
    cluster.failing.clear();
    await clock.advance(minute);
    asked();
    expect(await observe(one)).toMatchObject({ matches: true });
    expect(asked()).toEqual([]);
  });

  it('does not storm a server that ends every watch at once', async () => {
    await deliver();
    cluster.isClosing = true;
    cluster.cut();
    await settle();
    await clock.advance(10 * minute);
    expect(asked().filter((request) => request === 'watch ConfigMap').length).toBeLessThan(45);
    await observe(one);
    expect(asked()).toEqual(['get ConfigMap/shop/one']);
  });

  it('goes on at once with a watch that the server ends after its time', async () => {
    await deliver();
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(5 * minute);
      cluster.cut();
      await settle();
    }
    expect(asked()).toEqual(['watch ConfigMap', 'watch ConfigMap', 'watch ConfigMap']);
  });

  it('watches the namespaces in use where it may not watch all of them', async () => {
    cluster.failing.set('list ConfigMap', 'TARGET_FORBIDDEN');
    await deliver();
    expect(await observe(one)).toMatchObject({ matches: true });
    expect(asked()).toEqual([]);
    cluster.put(other);
    await settle();
    expect(told).toEqual(['one']);
  });

  it('asks about each object where it may not watch at all', async () => {
    cluster.failing.set('list *', 'TARGET_FORBIDDEN');
    await watch();
    await target.write(one, keep, idle);
    await observe(one);
    asked();
    expect(await observe(one)).toMatchObject({ matches: true });
    expect(asked()).toEqual(['get ConfigMap/shop/one']);
    await clock.advance(60 * minute);
    expect(asked().length).toBeLessThan(60);
  });

  it('tells of objects whose kind is gone, and of those that appear when it is back', async () => {
    await deliver();
    cluster.kinds.delete('ConfigMap');
    cluster.take(oneRef);
    cluster.cut();
    cluster.failing.set('watch ConfigMap', 'TARGET_KIND_UNKNOWN');
    await settle();
    await clock.advance(minute);
    expect(told).toEqual(['one']);
    expect(await observe(one)).toEqual({ kind: 'unserved' });
    told.length = 0;
    cluster.kinds.add('ConfigMap');
    cluster.failing.clear();
    cluster.put(other);
    await clock.advance(10 * minute);
    expect(told).toContain('one');
  });

  it('tells of objects that could not be written since their kind was not served, once it is', async () => {
    cluster.kinds.delete('ConfigMap');
    await watch();
    await expect(target.write(one, keep, idle)).rejects.toMatchObject({ code: 'TARGET_KIND_UNKNOWN' });
    await settle();
    told.length = 0;
    await clock.advance(minute);
    expect(told).toEqual([]);
    cluster.kinds.add('ConfigMap');
    await clock.advance(6 * minute);
    expect(told).toEqual(['one']);
    expect(await observe(one)).toEqual({ kind: 'absent' });
  });

  it('ends with the last object of its kind', async () => {
    await deliver();
    await target.remove(oneRef, idle);
    await settle();
    asked();
    cluster.cut();
    await settle();
    await clock.advance(10 * minute);
    expect(asked()).toEqual([]);
  });

  it('leaves nothing behind when it is stopped', async () => {
    await deliver();
    cluster.failing.set('*', 'TARGET_UNREACHABLE');
    cluster.cut();
    await settle();
    stop.abort();
    await watching;
    expect(clock.sleeping).toEqual([]);
    told.length = 0;
    cluster.failing.clear();
    cluster.put(other);
    await settle();
    expect([told, asked().filter((request) => request.startsWith('watch'))]).toEqual([[], []]);
  });
});
