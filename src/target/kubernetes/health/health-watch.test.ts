import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../../test/fixtures/objects.ts';
import { type ObjectRef, refOf, type Target } from '../../../core/index.ts';
import { glimpseOf } from '../knowledge/glimpse.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';
import { createHealthWatch } from './health-watch.ts';

const owner = { name: 'apps', namespace: 'flux-system' };
const second = 1_000;

describe('the health of objects of a Kubernetes API', () => {
  let cluster: FakeCluster;
  let clock: FakeClock;
  let target: Target;
  let told: string[];
  let stop: AbortController;

  beforeEach(() => {
    cluster = new FakeCluster();
    clock = new FakeClock();
    target = createKubernetesTarget({
      client: cluster,
      traces: createMemoryTraces(),
      clock,
      random: { next: () => 0.5 },
      podsOf: () => undefined,
    });
    told = [];
    stop = new AbortController();
  });

  afterEach(() => stop.abort());

  const withStatus = (phase: string) => ({ ...configMap('one', { owner }), status: { phase } });
  const one = refOf(configMap('one'));

  async function settleAll(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await settle();
  }

  async function follow(
    ...refs: readonly ObjectRef[]
  ): Promise<{ readonly done: Promise<void> | undefined }> {
    const done = target.health?.follow(
      refs,
      (ref, live) => {
        const status = live?.['status'] as { phase: string } | undefined;
        told.push(`${ref.kind} ${ref.name} ${live === undefined ? 'absent' : status?.phase}`);
      },
      stop.signal,
    );
    done?.catch(() => undefined);
    await settleAll();
    return { done };
  }

  async function watch(): Promise<void> {
    void target.watch(() => undefined, stop.signal);
    await settleAll();
  }

  it('is read once, and again only when there is another version', async () => {
    await watch();
    cluster.put(withStatus('new'));
    await follow(one);
    expect(told).toEqual(['ConfigMap one new']);
    await clock.advance(60 * second);
    expect(told).toHaveLength(1);
    cluster.put(withStatus('changed'));
    await settleAll();
    await relist();
    cluster.take(one);
    await clock.advance(second);
    await settleAll();
    await relist();
    expect(cluster.requests.filter((request) => request.startsWith('list'))).toHaveLength(3);
    expect(told.slice(1)).toEqual(['ConfigMap one changed', 'ConfigMap one absent']);
    expect(cluster.requests.filter((request) => request.startsWith('get'))).toHaveLength(2);
  });

  /** The watch ends, and what it could go on from is gone. */
  async function relist(): Promise<void> {
    cluster.compact();
    cluster.cut();
    for (let turn = 0; turn < 10; turn += 1) {
      await clock.advance(second);
      await settleAll();
    }
  }

  it('of what is known to be absent needs no request, and is told when it comes', async () => {
    await watch();
    await target.observe(one, undefined, stop.signal);
    cluster.requests.length = 0;
    await follow(one);
    expect(told).toEqual(['ConfigMap one absent']);
    expect(cluster.requests).toEqual([]);
    await clock.advance(second);
    cluster.put(withStatus('here'));
    await settleAll();
    expect(told.at(-1)).toBe('ConfigMap one here');
  });

  it('that changes all the time is read twice a second, and last of all what is there last', async () => {
    await watch();
    cluster.put(withStatus('0'));
    await follow(one);
    for (let turn = 1; turn <= 40; turn += 1) {
      cluster.put(withStatus(`${turn}`));
      await settleAll();
      await clock.advance(50);
    }
    await clock.advance(second);
    await settleAll();
    expect(told.length).toBeLessThanOrEqual(6);
    expect(told.at(-1)).toBe('ConfigMap one 40');
  });

  it('is told of our own writes too', async () => {
    await watch();
    await follow(one);
    await clock.advance(second);
    await target.write(configMap('one', { owner }), { recreate: false }, stop.signal);
    await settleAll();
    expect(told).toEqual(['ConfigMap one absent', 'ConfigMap one undefined']);
  });

  it('goes on where a watch was cut, and where its history is gone', async () => {
    await watch();
    cluster.put(withStatus('1'));
    await follow(one);
    cluster.cut();
    cluster.put(withStatus('2'));
    await clock.advance(10 * second);
    await settleAll();
    expect(told.at(-1)).toBe('ConfigMap one 2');
    cluster.compact();
    cluster.cut();
    cluster.put(withStatus('3'));
    await clock.advance(10 * second);
    await settleAll();
    expect(told.at(-1)).toBe('ConfigMap one 3');
  });

  it('is read every five seconds where nobody watches', async () => {
    cluster.put(withStatus('1'));
    await follow(one);
    cluster.put(withStatus('2'));
    await clock.advance(5 * second);
    await settleAll();
    expect(told).toEqual(['ConfigMap one 1', 'ConfigMap one 2']);
    await clock.advance(5 * second);
    await settleAll();
    expect(told).toHaveLength(3);
  });

  it('of a kind that is not served is told as absent, and when it is served', async () => {
    await watch();
    const later = { group: '', version: 'v1', kind: 'Later', namespace: '', name: 'x' };
    await follow(later);
    expect(told).toEqual(['Later x absent']);
    cluster.kinds.add('Later');
    cluster.put({ apiVersion: 'v1', kind: 'Later', metadata: { name: 'x' }, status: { phase: 'here' } });
    await clock.advance(60 * second);
    await settleAll();
    expect(told.at(-1)).toBe('Later x here');
  });

  it('of a kind that turns out to have no namespaces is told all the same', async () => {
    await watch();
    await follow({ group: '', version: 'v1', kind: 'ClusterRole', namespace: 'shop', name: 'x' });
    expect(told).toEqual(['ClusterRole x absent']);
    cluster.kinds.add('ClusterRole');
    cluster.put({
      apiVersion: 'v1',
      kind: 'ClusterRole',
      metadata: { name: 'x' },
      status: { phase: 'here' },
    });
    await clock.advance(60 * second);
    await settleAll();
    expect(told.at(-1)).toBe('ClusterRole x here');
  });

  it('that is removed and comes back is told at once', async () => {
    await watch();
    await target.write(configMap('one', { owner }), { recreate: false }, stop.signal);
    await follow(one);
    await clock.advance(second);
    await target.remove(one, stop.signal);
    await clock.advance(second);
    cluster.put(withStatus('back'));
    await clock.advance(second);
    await settleAll();
    expect(told.slice(1)).toEqual(['ConfigMap one absent', 'ConfigMap one back']);
  });

  it('of more objects than are read at once is told of each', async () => {
    await watch();
    const names = Array.from({ length: 11 }, (_, at) => `n${at}`);
    for (const name of names) cluster.put(configMap(name, { owner }));
    await follow(...names.map((name) => refOf(configMap(name))));
    expect(told.map((line) => line.split(' ')[1])).toEqual(names);
  });

  it('ends with its signal, and with what cannot be read', async () => {
    const { done } = await follow(one);
    stop.abort();
    await done;
    expect(clock.sleeping).toEqual([]);
    stop = new AbortController();
    cluster.failing.set('get *', 'TARGET_FORBIDDEN');
    const { done: failing } = await follow(one);
    await expect(failing).rejects.toThrow('as told');
    await settleAll();
    expect(clock.sleeping).toEqual([]);
  });
});

describe('an object that waits for its pods', () => {
  it('is read with them, ever less often, until it has all that it wants', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop' } };
    const web = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { matchLabels: { app: 'web' } } },
      status: { readyReplicas: 0 },
    };
    let moved = (): void => undefined;
    let unfollowed = 0;
    const glimpse = glimpseOf({ name: 'web', uid: 'u', resourceVersion: '1' });
    const health = createHealthWatch({
      clock,
      knowledge: {
        follow: (_, listener) => {
          moved = listener;
          return () => {
            unfollowed += 1;
          };
        },
        sight: async () => ({ kind: 'present', glimpse }),
      },
      placed: async (ref) => ref,
      read: async () => web,
      podsOf: ({ status }) => ((status as typeof web.status).readyReplicas < 1 ? 'app=web' : undefined),
      pods: async (...[namespace, selector]) => (`${namespace} ${selector}` === 'shop app=web' ? [pod] : []),
    });
    const told: number[] = [];
    void health.follow([refOf(web)], (...[, , pods = []]) => told.push(pods.length), stop.signal);
    await settle();
    expect(told).toEqual([1]);
    await clock.advance(5 * second);
    expect(told).toEqual([1, 1]);
    await clock.advance(9 * second);
    expect(told).toHaveLength(2);
    await clock.advance(second);
    expect(told).toHaveLength(3);
    web.status.readyReplicas = 1;
    await clock.advance(20 * second);
    expect(told).toEqual([1, 1, 1, 0]);
    await clock.advance(600 * second);
    expect(told).toHaveLength(4);
    web.status.readyReplicas = 0;
    for (let turn = 0; turn < 3; turn += 1) {
      moved();
      await clock.advance(second);
    }
    expect(told.slice(4)).toEqual([1, 1, 1]);
    // One for this, and one that looks whether all is watched.
    expect(clock.sleeping).toHaveLength(2);
    await clock.advance(4 * second);
    expect(told.slice(4)).toEqual([1, 1, 1, 1]);
    web.status.readyReplicas = 1;
    moved();
    await clock.advance(600 * second);
    expect(told.slice(4)).toEqual([1, 1, 1, 1, 0]);
    stop.abort();
    await settle();
    expect(clock.sleeping).toEqual([]);
    expect(unfollowed).toBe(1);
  });
});
