import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { Condition, DeliveryRecord, StateStore } from '../../api/index.ts';
import { refOf, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const minute = 60_000;
const [a, b] = [configMap('a'), configMap('b')];
const source = sourceYaml('app');
const site = (spec: string): ReturnType<typeof siteOf> => siteOf(source + deliveryYaml('app', 'app', spec));
const waiting = site('  deletionPolicy: WaitForTermination\n  timeout: 5m');
const without = siteOf(source);

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let parts: AgentParts;
let stop: AbortController;
let done: Promise<void>;
const { signal } = new AbortController();

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [a, b];
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  done = Promise.resolve();
  parts = {
    stages: registry.stages,
    target,
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: true,
    listener: (event) => events.push(event),
  };
});

function begin(desired: ReturnType<typeof siteOf>): Engine {
  stop = new AbortController();
  const engine = new Engine(parts, desired);
  done = engine.run(stop.signal);
  return engine;
}

async function end(): Promise<void> {
  stop.abort();
  await done;
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

async function pass(minutes: number): Promise<void> {
  for (let at = 0; at < minutes * 6; at += 1) {
    await clock.advance(10_000);
    await settleAll();
  }
}

const record = (): DeliveryRecord | undefined => state.deliveries.find('edge', 'app');
const condition = (type: string): Condition | undefined =>
  record()?.status.conditions.find((one) => one.type === type);
const failures = (): readonly SealiftEvent[] => events.filter(({ kind }) => kind === 'failed');

describe('surprise 25: a delivery that is withdrawn and waits for termination', () => {
  async function withdraw(): Promise<void> {
    await converge(parts, waiting, signal);
    target.setFinalizers(refOf(a), ['example.com/hold']);
    begin(without);
    await settleAll();
  }

  it('is not forgotten before its objects are gone, says what it waits for, and is then at once', async () => {
    await withdraw();
    expect(condition('Terminating')).toMatchObject({
      status: 'True',
      message: 'ConfigMap/shop/a is deleted and not gone yet, held by example.com/hold',
    });
    expect(condition('Ready')?.status).toBe('True');
    expect(record()?.status.inventory?.entries.map(({ id }) => id)).toEqual(['shop_a__ConfigMap']);
    expect(target.text(refOf(b))).toBeUndefined();
    target.setFinalizers(refOf(a), []);
    await settleAll();
    expect(record()).toBeUndefined();
    expect(failures()).toEqual([]);
    await end();
  });

  it('fails when its time is up, once, names objects and finalizers, and ends all the same when they go', async () => {
    await withdraw();
    await pass(4);
    expect(failures()).toEqual([]);
    await pass(2);
    expect(failures()).toMatchObject([{ code: 'TARGET_TERMINATING', stage: 'apply' }]);
    await pass(60);
    expect(failures()).toHaveLength(1);
    expect(condition('Ready')).toMatchObject({ status: 'False' });
    expect(condition('Ready')?.message).toBe(
      'expected its objects to be gone within 5m0s, got 1 left: ConfigMap/shop/a is deleted and not gone yet, held by example.com/hold',
    );
    target.setFinalizers(refOf(a), []);
    await settleAll();
    await pass(10);
    expect(record()).toBeUndefined();
    await end();
  });

  it('goes on waiting after a restart, with the time that is left', async () => {
    await withdraw();
    await pass(3);
    await end();
    begin(without);
    await pass(1);
    expect(failures()).toEqual([]);
    await pass(2);
    expect(failures()).toMatchObject([{ code: 'TARGET_TERMINATING' }]);
    await end();
    begin(without);
    target.setFinalizers(refOf(a), []);
    await settleAll();
    expect(record()).toBeUndefined();
    await end();
  });

  it('holds no worker while it waits', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const spec = '  deletionPolicy: WaitForTermination';
    for (const name of names) registry.objectsOf.set(name, [configMap(name)]);
    await converge(
      parts,
      siteOf(source + names.map((name) => deliveryYaml(name, 'app', spec)).join('')),
      signal,
    );
    for (const name of names) target.setFinalizers(refOf(configMap(name)), ['example.com/hold']);
    begin(waiting);
    await settleAll();
    expect(state.deliveries.all().map(({ name }) => name)).toEqual([...names, 'app']);
    expect(target.text(refOf(b))).toBeDefined();
    await end();
  });

  it('that comes back waits no more, and its objects are made again when the old ones are gone', async () => {
    await withdraw();
    await end();
    const engine = begin(waiting);
    await settleAll();
    expect(target.text(refOf(b))).toBeDefined();
    target.setFinalizers(refOf(a), []);
    await settleAll();
    expect(target.text(refOf(a))).toBeDefined();
    expect(record()?.termination).toEqual({ timeoutMs: 5 * minute });
    target.setFinalizers(refOf(a), ['example.com/hold']);
    engine.replace(without);
    await settleAll();
    await pass(4);
    expect(failures()).toEqual([]);
    await end();
  });

  it('is waited for by a single pass, which fails when it takes too long', async () => {
    await converge(parts, waiting, signal);
    target.setFinalizers(refOf(a), ['example.com/hold']);
    const passing = converge(parts, without, signal);
    await pass(1);
    target.setFinalizers(refOf(a), []);
    await pass(1);
    expect(await passing).toMatchObject({ changes: 2, failures: [] });
    expect(record()).toBeUndefined();

    await converge(parts, waiting, signal);
    target.setFinalizers(refOf(a), ['example.com/hold']);
    const tooLong = converge(parts, without, signal);
    await pass(6);
    expect((await tooLong).failures).toMatchObject([{ error: { code: 'TARGET_TERMINATING' } }]);
  });

  it('waits also where its record is of a version that knew of no waiting', async () => {
    await converge(parts, waiting, signal);
    const { termination: _, ...old } = record() ?? expect.unreachable();
    state.deliveries.save(old);
    begin(waiting);
    await settleAll();
    expect(record()).toMatchObject({ termination: { timeoutMs: 5 * minute }, generation: old.generation });
    await end();
  });
});

describe('other deletion policies', () => {
  it.each([
    ['MirrorPrune', '  deletionPolicy: MirrorPrune', false],
    ['MirrorPrune without prune', '  deletionPolicy: MirrorPrune\n  prune: false', true],
    ['Delete', '  deletionPolicy: Delete', false],
    ['Delete without prune', '  deletionPolicy: Delete\n  prune: false', false],
    ['Orphan', '  deletionPolicy: Orphan', true],
  ])('%s waits for nothing', async (_, spec, stays) => {
    const yaml = deliveryYaml('app', 'app', spec);
    const one = spec.includes('prune: false') ? yaml.replace('  prune: true\n', '') : yaml;
    await converge(parts, siteOf(source + one), signal);
    target.setFinalizers(refOf(a), ['example.com/hold']);
    begin(without);
    await settleAll();
    expect(record()).toBeUndefined();
    expect(target.text(refOf(b)) !== undefined).toBe(stays);
    await end();
  });
});

describe('an object that left the build of a delivery and is not gone', () => {
  it('is named in a condition beside Ready, holds nothing up, and is forgotten when it is gone', async () => {
    await converge(parts, waiting, signal);
    target.setFinalizers(refOf(a), ['example.com/hold']);
    registry.revision = 'v2';
    registry.objects = [b, configMap('c')];
    begin(waiting);
    await pass(2);
    expect(target.text(refOf(configMap('c')))).toBeDefined();
    expect(condition('Ready')).toMatchObject({ status: 'True' });
    expect(condition('Terminating')?.message).toContain('ConfigMap/shop/a is deleted and not gone yet');
    const deletions = events.filter((one) => one.kind === 'object-changed' && one.action === 'deleted');
    expect(deletions).toHaveLength(1);
    target.setFinalizers(refOf(a), []);
    await settleAll();
    expect(condition('Terminating')).toBeUndefined();
    expect(record()?.status.inventory?.entries.map(({ id }) => id)).toEqual([
      'shop_b__ConfigMap',
      'shop_c__ConfigMap',
    ]);
    await end();
  });
});
