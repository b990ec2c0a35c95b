import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../../test/fixtures/objects.ts';
import { refOf, type Target } from '../../../core/index.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const idle = new AbortController().signal;
const minute = 60_000;
const owner = { name: 'apps', namespace: 'flux-system' };
const first = configMap('one', { owner });
const second = configMap('one', { owner, data: { key: 'second' } });

describe('a server whose history goes back, as after a restore from a backup', () => {
  let cluster: FakeCluster;
  let clock: FakeClock;
  let target: Target;
  let told: (string | undefined)[];
  let restore: () => void;

  const asked = (): readonly string[] => cluster.requests.splice(0);
  const observe = () => target.observe(refOf(second), second, idle);
  const later = async (ms: number): Promise<void> => {
    await settle();
    await clock.advance(ms);
    await settle();
  };

  beforeEach(async () => {
    cluster = new FakeCluster();
    cluster.isTicking = true;
    clock = new FakeClock();
    target = createKubernetesTarget({
      client: cluster,
      traces: createMemoryTraces(),
      clock,
      random: { next: () => 0.5 },
      podsOf: () => undefined,
    });
    told = [];
    const stop = new AbortController();
    void target.watch((ref) => told.push(ref?.name), stop.signal);
    await settle();
    await target.write(first, { recreate: false }, idle);
    restore = cluster.backup();
    for (const name of ['a', 'b', 'c']) cluster.put(configMap(name));
    await target.write(second, { recreate: false }, idle);
    await observe();
    await settle();
    told.length = 0;
    asked();
    return () => stop.abort();
  });

  it('is read anew, and what is not as it was left is told', async () => {
    restore();
    cluster.cut();
    await later(minute);
    expect(told).toEqual(['one']);
    expect(asked()).toEqual(['version ConfigMap', 'list ConfigMap', 'watch ConfigMap']);
    expect(await observe()).toMatchObject({ kind: 'present', matches: false });
  });

  it('is watched from there on, though its versions are still smaller than those that were known', async () => {
    restore();
    cluster.cut();
    await later(minute);
    told.length = 0;
    cluster.take(refOf(first));
    await settle();
    expect(told).toEqual(['one']);
    expect(await observe()).toEqual({ kind: 'absent' });
  });

  it('is not asked for where a watch lasted for its time', async () => {
    await later(6 * minute);
    cluster.cut();
    await settle();
    expect(asked()).toEqual(['watch ConfigMap']);
  });
});
