import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { type KubernetesObject, refOf, SealiftError, type Target } from '../../core/index.ts';
import { createKubernetesTarget } from './kubernetes-target.ts';

const idle = new AbortController().signal;
const owner = { name: 'apps', namespace: 'flux-system' };
const keep = { recreate: false };
const ignored = ['/data/theirs'];

type Data = Readonly<Record<string, string>>;
const one = (data: Data): KubernetesObject => configMap('one', { owner, data });
const ref = refOf(one({}));

describe('fields of an object in a cluster that are left to others', () => {
  let cluster: FakeCluster;
  let target: Target;
  let stop: AbortController;

  const asked = (): readonly string[] => cluster.requests.splice(0);
  const observe = (data: Data, rules = ignored) => target.observe(ref, one(data), idle, rules);
  const write = (data: Data) => target.write(one(data), { ...keep, ignored }, idle);
  const data = (): unknown => cluster.live(ref)?.['data'];
  /** Another hand updates what is there. */
  const puts = async (change: Data): Promise<void> => {
    const live = cluster.live(ref);
    cluster.put(one({ ...(live?.['data'] as Data), ...change }));
    await settle();
  };

  beforeEach(async () => {
    cluster = new FakeCluster();
    cluster.isTicking = true;
    const ports = { client: cluster, traces: createMemoryTraces(), clock: new FakeClock() };
    target = createKubernetesTarget({ ...ports, random: { next: () => 0.5 }, podsOf: () => undefined });
    stop = new AbortController();
    void target.watch(() => undefined, stop.signal);
    await settle();
    return () => stop.abort();
  });

  const begin = async (): Promise<void> => {
    const basis = { kind: 'nothing' } as const;
    await target.write(one({ ours: '1', theirs: '1' }), { ...keep, ignored, basis }, idle);
    await observe({ ours: '1', theirs: '1' });
    asked();
  };

  it('are created as they are asked for, without a look', async () => {
    await target.write(
      one({ ours: '1', theirs: '1' }),
      { ...keep, ignored, basis: { kind: 'nothing' } },
      idle,
    );
    expect(asked().filter((request) => request.endsWith('/one'))).toEqual(['apply ConfigMap/shop/one']);
    expect(data()).toEqual({ ours: '1', theirs: '1' });
  });

  it('are no drift: whoever changes one costs one look, once', async () => {
    await begin();
    await puts({ theirs: '2' });
    expect(await observe({ ours: '1', theirs: '1' })).toMatchObject({ matches: true });
    expect(asked()).toEqual(['get ConfigMap/shop/one', 'try ConfigMap/shop/one']);
    await puts({ theirs: '3' });
    expect(await observe({ ours: '1', theirs: '1' })).toMatchObject({ matches: true });
    expect(asked()).toEqual([]);
  });

  it('hide no change of another field', async () => {
    await begin();
    await puts({ theirs: '2', ours: '2' });
    expect(await observe({ ours: '1', theirs: '1' })).toMatchObject({ matches: false });
    asked();
    await write({ ours: '1', theirs: '1' });
    expect(asked()).toEqual(['get ConfigMap/shop/one', 'apply ConfigMap/shop/one']);
    expect(data()).toEqual({ ours: '1', theirs: '2' });
    expect(await observe({ ours: '1', theirs: '1' })).toMatchObject({ matches: true });
    expect(asked()).toEqual([]);
  });

  it('make no revision that asks for other values alone', async () => {
    await begin();
    expect(await observe({ ours: '1', theirs: 'other' })).toMatchObject({ matches: true });
    expect(asked()).toEqual([]);
  });

  it('are looked at again when the rules change, and nothing is written for that', async () => {
    await begin();
    expect(await observe({ ours: '1', theirs: '1' }, ['/data/ours'])).toMatchObject({ matches: true });
    expect(asked()).toEqual(['get ConfigMap/shop/one', 'try ConfigMap/shop/one']);
    await puts({ theirs: '2' });
    await observe({ ours: '1', theirs: '1' });
    expect(await observe({ ours: '1', theirs: '1' }, [])).toMatchObject({ matches: false });
  });

  it('stay as they are where somebody is faster than the write', async () => {
    await begin();
    const get = cluster.get.bind(cluster);
    let hands = 2;
    cluster.get = async (...args) => {
      const live = await get(...args);
      if (--hands >= 0) await puts({ theirs: `faster ${hands}` });
      return live;
    };
    await write({ ours: '2', theirs: '1' });
    expect(data()).toEqual({ ours: '2', theirs: 'faster 0' });
    hands = 9;
    const fault = write({ ours: '3', theirs: '1' });
    await expect(fault).rejects.toSatisfy(
      (one) => one instanceof SealiftError && one.code === 'TARGET_CHANGED',
    );
  });

  it('are tried as they would be written', async () => {
    cluster.kinds.add('e.com/Widget');
    const widget = { ...one({ ours: '1', theirs: '1' }), apiVersion: 'e.com/v1', kind: 'Widget' };
    await target.write(widget, { ...keep, ignored }, idle);
    cluster.put({ ...widget, data: { ours: '1', theirs: '2' } });
    await settle();
    const tried: unknown[] = [];
    const apply = cluster.apply.bind(cluster);
    cluster.apply = (object, ...rest) => {
      tried.push(object['data']);
      return apply(object, ...rest);
    };
    const next = { ...widget, data: { ours: '2', theirs: '1' } };
    await target.trials?.verdictOn(next, { ...keep, ignored }, idle);
    expect(tried).toEqual([{ ours: '2', theirs: '2' }]);
  });

  it('stay as they are, whoever holds them and whatever is asked for', async () => {
    const values = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3'), {
      maxKeys: 4,
    });
    const hands = fc.record({
      manager: fc.constantFrom('somebody', 'kubectl-edit', 'applier'),
      data: values,
    });
    const rules = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c'), { minLength: 1 });
    const steps = fc.array(fc.record({ hands: fc.array(hands, { maxLength: 2 }), revision: values }), {
      minLength: 1,
      maxLength: 4,
    });
    const property = fc.asyncProperty(rules, values, steps, async (names, first, course) => {
      cluster.take(ref);
      await settle();
      const left = names.map((name) => `/data/${name}`);
      await target.write(one(first), { ...keep, ignored: left, basis: { kind: 'nothing' } }, idle);
      for (const { hands: others, revision } of course) {
        for (const { manager, data: change } of others) {
          if (manager === 'applier') {
            const how = {
              fieldManager: manager,
              force: true,
              dryRun: false,
            } as const;
            await cluster.apply(configMap('one', { data: change }), how, idle);
          } else cluster.put(one(change), manager);
        }
        await settle();
        const before = (data() ?? {}) as Data;
        await target.write(one(revision), { ...keep, ignored: left }, idle);
        const after = (data() ?? {}) as Data;
        for (const name of names) expect(after[name]).toBe(before[name]);
        for (const [name, value] of Object.entries(revision))
          if (!names.includes(name)) expect(after[name]).toBe(value);
        await settle();
        asked();
        expect(await target.observe(ref, one(revision), idle, left)).toMatchObject({ matches: true });
        expect(asked()).toEqual([]);
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
