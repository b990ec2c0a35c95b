import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AppSite, forEachTest } from '../../../test/fixtures/agent-site.ts';
import type { Condition, DeliveryRecord } from '../../api/index.ts';
import { refOf, type SealiftEvent } from '../../core/index.ts';

const minute = 60_000;
const [a, b] = [configMap('a'), configMap('b')];
const source = sourceYaml('app');
const site = (spec: string): ReturnType<typeof siteOf> => siteOf(source + deliveryYaml('app', 'app', spec));
const waiting = site('  deletionPolicy: WaitForTermination\n  timeout: 5m');
const without = siteOf(source);

const agent = forEachTest(new AppSite());

async function pass(minutes: number): Promise<void> {
  for (let at = 0; at < minutes * 6; at += 1) {
    await agent.pass(10_000);
  }
}

const record = (): DeliveryRecord | undefined => agent.state.deliveries.find('edge', 'app');
const condition = (type: string): Condition | undefined =>
  record()?.status.conditions.find((one) => one.type === type);
const failures = (): readonly SealiftEvent[] => agent.events.filter(({ kind }) => kind === 'failed');

describe('surprise 25: a delivery that is withdrawn and waits for termination', () => {
  async function withdraw(): Promise<void> {
    await agent.converge(waiting);
    agent.target.setFinalizers(refOf(a), ['example.com/hold']);
    await agent.start(without);
  }

  it('is not forgotten before its objects are gone, says what it waits for, and is then at once', async () => {
    await withdraw();
    expect(condition('Terminating')).toMatchObject({
      status: 'True',
      message: 'ConfigMap/shop/a is deleted and not gone yet, held by example.com/hold',
    });
    expect(condition('Ready')?.status).toBe('True');
    expect(record()?.status.inventory?.entries.map(({ id }) => id)).toEqual(['shop_a__ConfigMap']);
    expect(agent.target.text(refOf(b))).toBeUndefined();
    agent.target.setFinalizers(refOf(a), []);
    await agent.settle();
    expect(record()).toBeUndefined();
    expect(failures()).toEqual([]);
    await agent.end();
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
    agent.target.setFinalizers(refOf(a), []);
    await agent.settle();
    await pass(10);
    expect(record()).toBeUndefined();
    await agent.end();
  });

  it('goes on waiting after a restart, with the time that is left', async () => {
    await withdraw();
    await pass(3);
    await agent.end();
    await agent.start(without);
    await pass(1);
    expect(failures()).toEqual([]);
    await pass(2);
    expect(failures()).toMatchObject([{ code: 'TARGET_TERMINATING' }]);
    await agent.end();
    await agent.start(without);
    agent.target.setFinalizers(refOf(a), []);
    await agent.settle();
    expect(record()).toBeUndefined();
    await agent.end();
  });

  it('holds no worker while it waits', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const spec = '  deletionPolicy: WaitForTermination';
    for (const name of names) agent.registry.objectsOf.set(name, [configMap(name)]);
    await agent.converge(siteOf(source + names.map((name) => deliveryYaml(name, 'app', spec)).join('')));
    for (const name of names) agent.target.setFinalizers(refOf(configMap(name)), ['example.com/hold']);
    await agent.start(waiting);
    expect(agent.state.deliveries.all().map(({ name }) => name)).toEqual([...names, 'app']);
    expect(agent.target.text(refOf(b))).toBeDefined();
    await agent.end();
  });

  it('that comes back waits no more, and its objects are made again when the old ones are gone', async () => {
    await withdraw();
    await agent.end();
    await agent.start(waiting);
    expect(agent.target.text(refOf(b))).toBeDefined();
    agent.target.setFinalizers(refOf(a), []);
    await agent.settle();
    expect(agent.target.text(refOf(a))).toBeDefined();
    expect(record()?.termination).toEqual({ timeoutMs: 5 * minute });
    agent.target.setFinalizers(refOf(a), ['example.com/hold']);
    await agent.replace(without);
    await pass(4);
    expect(failures()).toEqual([]);
    await agent.end();
  });

  it('is waited for by a single pass, which fails when it takes too long', async () => {
    await agent.converge(waiting);
    agent.target.setFinalizers(refOf(a), ['example.com/hold']);
    const passing = agent.converge(without);
    await pass(1);
    agent.target.setFinalizers(refOf(a), []);
    await pass(1);
    expect(await passing).toMatchObject({ changes: 2, failures: [] });
    expect(record()).toBeUndefined();

    await agent.converge(waiting);
    agent.target.setFinalizers(refOf(a), ['example.com/hold']);
    const tooLong = agent.converge(without);
    await pass(6);
    expect((await tooLong).failures).toMatchObject([{ error: { code: 'TARGET_TERMINATING' } }]);
  });

  it('waits also where its record is of a version that knew of no waiting', async () => {
    await agent.converge(waiting);
    const { termination: _, ...old } = record() ?? expect.unreachable();
    agent.state.deliveries.save(old);
    await agent.start(waiting);
    expect(record()).toMatchObject({ termination: { timeoutMs: 5 * minute }, generation: old.generation });
    await agent.end();
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
    await agent.converge(siteOf(source + one));
    agent.target.setFinalizers(refOf(a), ['example.com/hold']);
    await agent.start(without);
    expect(record()).toBeUndefined();
    expect(agent.target.text(refOf(b)) !== undefined).toBe(stays);
    await agent.end();
  });
});

describe('an object that left the build of a delivery and is not gone', () => {
  it('is named in a condition beside Ready, holds nothing up, and is forgotten when it is gone', async () => {
    await agent.converge(waiting);
    agent.target.setFinalizers(refOf(a), ['example.com/hold']);
    agent.registry.revision = 'v2';
    agent.registry.objects = [b, configMap('c')];
    await agent.start(waiting);
    await pass(2);
    expect(agent.target.text(refOf(configMap('c')))).toBeDefined();
    expect(condition('Ready')).toMatchObject({ status: 'True' });
    expect(condition('Terminating')?.message).toContain('ConfigMap/shop/a is deleted and not gone yet');
    const deletions = agent.events.filter((one) => one.kind === 'object-changed' && one.action === 'deleted');
    expect(deletions).toHaveLength(1);
    agent.target.setFinalizers(refOf(a), []);
    await agent.settle();
    expect(condition('Terminating')).toBeUndefined();
    expect(record()?.status.inventory?.entries.map(({ id }) => id)).toEqual([
      'shop_b__ConfigMap',
      'shop_c__ConfigMap',
    ]);
    await agent.end();
  });
});
