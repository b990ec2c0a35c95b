import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { type KubernetesObject, type Observation, refOf, type Target } from '../../../core/index.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const idle = new AbortController().signal;
const widget: KubernetesObject = {
  apiVersion: 'e.com/v1',
  kind: 'Widget',
  metadata: { name: 'one', namespace: 'shop' },
};

function definitionOf(kind: string, group: string): KubernetesObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.toLowerCase()}s.${group}` },
    spec: { group, names: { kind } },
  };
}

function serviceOf(name: string, labels: Readonly<Record<string, string>>): KubernetesObject {
  return { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name, labels } };
}

const byItself = { 'kube-aggregator.kubernetes.io/automanaged': 'true' };

describe('an object whose kind is not served', () => {
  let cluster: FakeCluster;
  let clock: FakeClock;
  let target: Target;
  /** As whoever asks for it no more. */
  const observe = (): Promise<Observation> => target.observe(refOf(widget), undefined, idle);

  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.kinds.add('apiextensions.k8s.io/CustomResourceDefinition');
    cluster.kinds.add('apiregistration.k8s.io/APIService');
    clock = new FakeClock();
    const ports = {
      client: cluster,
      traces: createMemoryTraces(),
      clock,
      random: { next: () => 0.5 },
      podsOf: () => undefined,
    };
    target = createKubernetesTarget(ports);
  });

  it.each<[string, KubernetesObject]>([
    ['its definition is there', definitionOf('Widget', 'e.com')],
    ['another server has objects of its group', serviceOf('v2.e.com', {})],
  ])('is not known to be gone where %s', async (_behaviour, there) => {
    cluster.put(there);
    expect(await observe()).toEqual({ kind: 'unserved' });
    await expect(target.remove(refOf(widget), idle)).rejects.toMatchObject({ code: 'TARGET_KIND_UNKNOWN' });
  });

  it.each<[string, readonly KubernetesObject[]]>([
    ['nothing defines the kind', []],
    [
      'other kinds of its group are defined',
      [definitionOf('Gadget', 'e.com'), serviceOf('v1.e.com', byItself)],
    ],
    ['the kind is defined in another group', [definitionOf('Widget', 'sub.e.com'), serviceOf('v1.com', {})]],
  ])('is gone where %s', async (_behaviour, there) => {
    for (const object of there) cluster.put(object);
    expect(await observe()).toEqual({ kind: 'absent' });
    await target.remove(refOf(widget), idle);
  });

  it('is not known to be gone where nobody may look', async () => {
    cluster.failing.set('list APIService', 'TARGET_FORBIDDEN');
    expect(await observe()).toEqual({ kind: 'unserved' });
    cluster.failing.clear();
    cluster.kinds.delete('apiextensions.k8s.io/CustomResourceDefinition');
    await clock.advance(10_000);
    expect(await observe()).toEqual({ kind: 'unserved' });
  });

  it('is not taken for gone because of a failure', async () => {
    cluster.failing.set('list CustomResourceDefinition', 'TARGET_UNREACHABLE');
    await expect(observe()).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    cluster.failing.clear();
    expect(await observe()).toEqual({ kind: 'absent' });
  });

  it('costs one look at what is defined, however many there are', async () => {
    await Promise.all(Array.from({ length: 5 }, observe));
    const lists = (): number => cluster.requests.filter((one) => one.startsWith('list ')).length;
    expect(lists()).toBe(2);
    await clock.advance(10_000);
    await observe();
    expect(lists()).toBe(4);
  });

  it('is looked at again when it is served', async () => {
    cluster.put(definitionOf('Widget', 'e.com'));
    expect(await observe()).toEqual({ kind: 'unserved' });
    cluster.kinds.add('e.com/Widget');
    cluster.put(widget);
    expect(await observe()).toMatchObject({ kind: 'present' });
  });

  it('may be asked for: its definition may be written before it', async () => {
    expect(await target.observe(refOf(widget), widget, idle)).toEqual({ kind: 'unserved' });
    expect(cluster.requests.filter((one) => one.startsWith('list '))).toEqual([]);
  });
});

describe('an object that could not be written since its kind was not served', () => {
  it('is told of though the first list of its kind fails', async () => {
    const cluster = new FakeCluster();
    const clock = new FakeClock();
    const target = createKubernetesTarget({
      client: cluster,
      traces: createMemoryTraces(),
      clock,
      random: { next: () => 0.5 },
      podsOf: () => undefined,
    });
    const told: (string | undefined)[] = [];
    const stop = new AbortController();
    void target.watch((ref) => told.push(ref?.name), stop.signal);
    await settle();
    await expect(target.write(widget, { recreate: false }, idle)).rejects.toMatchObject({
      code: 'TARGET_KIND_UNKNOWN',
    });
    await settle();
    cluster.kinds.add('e.com/Widget');
    cluster.failing.set('list Widget', 'TARGET_UNREACHABLE');
    told.length = 0;
    await clock.advance(6 * 60_000);
    expect(told).toEqual([]);
    cluster.failing.clear();
    await clock.advance(6 * 60_000);
    expect(told).toEqual(['one']);
    stop.abort();
  });
});

describe('an object that is named without a namespace, of a kind that has them by now', () => {
  const cluster = new FakeCluster();
  const ports = {
    client: cluster,
    traces: createMemoryTraces(),
    clock: new FakeClock(),
    random: { next: () => 0.5 },
    podsOf: () => undefined,
  };
  const target = createKubernetesTarget(ports);
  const named: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } };

  it('went with the kind that it had, for whoever asks for it no more', async () => {
    cluster.failing.set('get *', 'TARGET_INVALID');
    expect(await target.observe(refOf(named), undefined, idle)).toEqual({ kind: 'absent' });
    await expect(target.observe(refOf(named), named, idle)).rejects.toMatchObject({ code: 'TARGET_INVALID' });
  });
});
