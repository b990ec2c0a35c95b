import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../../test/fixtures/objects.ts';
import { type Basis, type KubernetesObject, refOf, type Target } from '../../../core/index.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const idle = new AbortController().signal;
const owner = { name: 'apps', namespace: 'flux-system' };
const ours = configMap('one', { owner });
const theirs = configMap('one', { data: { key: 'theirs' } });
const ref = refOf(ours);
const nothing: Basis = { kind: 'nothing' };

describe('another hand that is faster than a plan', () => {
  let cluster: FakeCluster;
  let target: Target;

  beforeEach(async () => {
    cluster = new FakeCluster();
    const ports = {
      client: cluster,
      traces: createMemoryTraces(),
      clock: new FakeClock(),
      random: { next: () => 0.5 },
      podsOf: () => undefined,
    };
    target = createKubernetesTarget(ports);
    const stop = new AbortController();
    void target.watch(() => undefined, stop.signal);
    await settle();
    return () => stop.abort();
  });

  const plan = async (): Promise<Basis> => {
    const seen = await target.observe(ref, ours, idle);
    return seen.kind === 'present' ? { kind: 'object', uid: seen.uid ?? '' } : nothing;
  };
  const write = (basis: Basis, object: KubernetesObject = ours): Promise<void> =>
    target.write(object, { recreate: true, basis }, idle);
  const dataOf = (): unknown => cluster.live(ref)?.['data'];
  /** Ours is deleted by hand, and something else is put in its place. */
  const replace = (): void => {
    cluster.take(ref);
    cluster.put(theirs);
  };

  it.each([
    ['is heard of', Number.POSITIVE_INFINITY],
    ['is not heard of yet', 0],
  ])('keeps the object that it made where none was, and that %s', async (_behaviour, allowance) => {
    const basis = await plan();
    cluster.allow(allowance);
    cluster.put(theirs);
    await settle();
    await expect(write(basis)).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
    expect([dataOf(), cluster.live(ref)?.metadata.labels]).toEqual([theirs['data'], undefined]);
    expect(await target.observe(ref, ours, idle)).toMatchObject({ kind: 'present', owner: undefined });
  });

  it('keeps the object that it put in the place of ours, when ours was to be changed', async () => {
    await write(nothing);
    const basis = await plan();
    replace();
    await settle();
    await expect(write(basis)).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
    expect(dataOf()).toEqual(theirs['data']);
  });

  it.each([
    ['is heard of', Number.POSITIVE_INFINITY],
    ['is not heard of yet', 0],
  ])(
    'keeps the object that it put in the place of ours, when ours was to go, and that %s',
    async (_behaviour, allowance) => {
      await write(nothing);
      const basis = await plan();
      cluster.allow(allowance);
      replace();
      await settle();
      const uid = basis.kind === 'object' ? basis.uid : undefined;
      await expect(target.remove(ref, idle, uid)).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
      expect(dataOf()).toEqual(theirs['data']);
      expect(await target.observe(ref, undefined, idle)).toMatchObject({ kind: 'present', owner: undefined });
    },
  );

  it('does not hinder what it only deleted', async () => {
    await write(nothing);
    const basis = await plan();
    cluster.take(ref);
    await settle();
    await write(basis);
    expect(dataOf()).toEqual(ours['data']);
  });

  it('does not hinder what it only changed', async () => {
    await write(nothing);
    const basis = await plan();
    cluster.put({ ...ours, data: { key: 'theirs' } });
    await settle();
    await write(basis);
    expect(dataOf()).toEqual(ours['data']);
    await target.remove(ref, idle, basis.kind === 'object' ? basis.uid : undefined);
    expect(cluster.live(ref)).toBeUndefined();
  });
});
