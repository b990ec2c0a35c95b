import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { type ErrorCode, type KubernetesObject, refOf, type Target } from '../../../core/index.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const idle = new AbortController().signal;
const keep = { recreate: false };
const definition: KubernetesObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.e.com' },
  spec: { group: 'e.com', names: { kind: 'Widget' }, versions: [{ name: 'v1', served: true }] },
};
const widget: KubernetesObject = {
  apiVersion: 'e.com/v1',
  kind: 'Widget',
  metadata: { name: 'one', namespace: 'shop' },
  spec: { size: 'new' },
};

describe('an object whose definition was written a moment ago', () => {
  let cluster: FakeCluster;
  let clock: FakeClock;
  let target: Target;

  const asked = (what: string): number => cluster.requests.filter((one) => one === what).length;
  const refuse = (act: 'apply' | 'try', code: ErrorCode): void => {
    cluster.failing.set(`${act} Widget/shop/one`, code);
  };

  beforeEach(async () => {
    cluster = new FakeCluster();
    cluster.kinds.add('e.com/Widget').add('apiextensions.k8s.io/CustomResourceDefinition');
    const metadata = { ...definition.metadata, generation: 2 };
    cluster.put({
      ...definition,
      metadata,
      status: { conditions: [{ type: 'Established', status: 'True' }] },
    });
    clock = new FakeClock();
    const random = { next: () => 0.5 };
    const ports = { client: cluster, traces: createMemoryTraces(), clock, random, podsOf: () => undefined };
    target = createKubernetesTarget(ports);
    await target.write(definition, keep, idle);
  });

  it('is written again as long as a server may go by the definition of before', async () => {
    refuse('apply', 'TARGET_INVALID');
    const written = target.write(widget, keep, idle);
    await clock.advance(1_000);
    cluster.failing.clear();
    await clock.advance(1_000);
    await written;
    expect(cluster.live(refOf(widget))).toMatchObject({ spec: { size: 'new' } });
  });

  it('is tried again, and refused once every server goes by the new one', async () => {
    refuse('try', 'TARGET_INVALID');
    let verdict: unknown;
    void target.trials?.verdictOn(widget, keep, idle).then((given) => {
      verdict = given;
    });
    await clock.advance(4_900);
    expect(verdict).toBeUndefined();
    await clock.advance(1_000);
    expect(verdict).toMatchObject({ kind: 'refused', error: { code: 'TARGET_INVALID' } });
    const before = asked('try Widget/shop/one');
    expect(before).toBeLessThan(15);
    expect(await target.trials?.verdictOn(widget, keep, idle)).toMatchObject({ kind: 'refused' });
    expect(asked('try Widget/shop/one')).toBe(before + 1);
  });

  it('is not deleted to be created anew for what the definition of before forbids', async () => {
    await target.write({ ...widget, spec: { size: 'old' } }, keep, idle);
    cluster.immutable.add('Widget/shop/one');
    const written = target.write(widget, { recreate: true }, idle);
    await clock.advance(1_000);
    expect(asked('remove Widget/shop/one')).toBe(0);
    cluster.immutable.clear();
    await clock.advance(1_000);
    await written;
    expect(asked('remove Widget/shop/one')).toBe(0);
  });

  it.each<[behaviour: string, code: ErrorCode]>([
    ['by admission', 'TARGET_ADMISSION_DENIED'],
    ['for want of a right', 'TARGET_FORBIDDEN'],
  ])('is refused at once %s', async (_, code) => {
    refuse('apply', code);
    await expect(target.write(widget, keep, idle)).rejects.toMatchObject({ code });
  });

  it('is refused at once where the definition is a new one', async () => {
    cluster.take(refOf(definition));
    const conditions = [{ type: 'Established', status: 'True' }];
    const metadata = { ...definition.metadata, generation: 1 };
    cluster.put({ ...definition, metadata, status: { conditions } });
    const ports = { client: cluster, traces: createMemoryTraces(), clock, podsOf: () => undefined };
    target = createKubernetesTarget({ ...ports, random: { next: () => 0.5 } });
    await target.write(definition, keep, idle);
    refuse('apply', 'TARGET_INVALID');
    await expect(target.write(widget, keep, idle)).rejects.toMatchObject({ code: 'TARGET_INVALID' });
    expect(asked('apply Widget/shop/one')).toBe(1);
  });

  it('of another kind is refused at once', async () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'shop' } };
    cluster.failing.set('apply ConfigMap/shop/one', 'TARGET_INVALID');
    await expect(target.write(configMap, keep, idle)).rejects.toMatchObject({ code: 'TARGET_INVALID' });
  });

  it('waits no longer than its signal', async () => {
    refuse('apply', 'TARGET_INVALID');
    const stop = new AbortController();
    const written = target.write(widget, keep, stop.signal);
    await settle();
    stop.abort(new Error('enough'));
    await expect(written).rejects.toThrow('enough');
    expect(clock.sleeping).toEqual([]);
  });
});
