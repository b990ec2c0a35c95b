import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { StateStore } from '../../api/index.ts';
import { type KubernetesObject, refOf } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const web = configMap('web');
const other = { ...configMap('other'), metadata: { name: 'other', namespace: 'store' } };

const infraYaml = sourceYaml('infra') + deliveryYaml('infra', 'infra');
const appsYaml = sourceYaml('apps') + deliveryYaml('apps', 'apps');
const both = siteOf(infraYaml + appsYaml);

describe('a Namespace that objects of another delivery stand in, from another source', () => {
  let registry: FakeStages;
  let target: MemoryTarget;
  let state: StateStore;
  let clock: FakeClock;
  let stop: AbortController;
  let parts: AgentParts;

  beforeEach(() => {
    registry = new FakeStages();
    target = createMemoryTarget();
    state = createMemoryStateStore();
    clock = new FakeClock();
    stop = new AbortController();
    parts = {
      stages: registry.stages,
      target,
      state,
      clock,
      random: { next: () => 0.5 },
      withdrawAll: true,
      listener: () => undefined,
    };
    registry.objectsOf.set('infra', [namespace, other]);
    registry.objectsOf.set('apps', [web]);
  });
  afterEach(() => stop.abort());

  const isThere = (object: KubernetesObject): boolean => target.text(refOf(object)) !== undefined;
  const settleAll = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await settle();
  };
  const start = async (): Promise<Engine> => {
    const engine = new Engine(parts, both);
    void engine.run(stop.signal);
    await settleAll();
    return engine;
  };
  const release = async (revision: string): Promise<void> => {
    registry.revision = revision;
    await clock.advance(60_000);
    await settleAll();
  };

  it('stays when it leaves its build, and goes with the last of them', async () => {
    await start();
    registry.objectsOf.set('infra', [other]);
    await release('v2');
    expect([isThere(namespace), isThere(web)]).toEqual([true, true]);
    const { status } = state.deliveries.find('edge', 'infra') ?? {};
    expect(status?.inventory?.entries.map(({ id }) => id)).toContain('_shop__Namespace');

    registry.objectsOf.set('apps', [{ ...web, metadata: { name: 'web', namespace: 'elsewhere' } }]);
    await release('v3');
    expect([isThere(namespace), isThere(web)]).toEqual([false, false]);
  });

  it('stays when its delivery is taken out, and goes when nothing is in it any more', async () => {
    const engine = await start();
    engine.replace(siteOf(appsYaml));
    await settleAll();
    expect([isThere(namespace), isThere(other), isThere(web)]).toEqual([true, false, true]);
    engine.replace(siteOf(sourceYaml('apps')));
    await settleAll();
    expect([isThere(namespace), isThere(web)]).toEqual([false, false]);
    expect(state.deliveries.all()).toEqual([]);
  });

  it('goes as soon as nothing is in it any more, however long that takes', async () => {
    const engine = await start();
    const gate = Promise.withResolvers<void>();
    const remove = target.remove.bind(target);
    target.remove = async (ref, signal) => {
      if (ref.name === 'web') await gate.promise;
      return remove(ref, signal);
    };
    engine.replace(siteOf(sourceYaml('apps')));
    await settleAll();
    expect([isThere(namespace), isThere(web)]).toEqual([true, true]);
    gate.resolve();
    await settleAll();
    expect([isThere(namespace), isThere(web)]).toEqual([false, false]);
  });

  it('goes in a single pass when all are taken out', async () => {
    await converge(parts, both, stop.signal);
    await converge(parts, siteOf(sourceYaml('apps')), stop.signal);
    expect([isThere(namespace), isThere(web)]).toEqual([false, false]);
    expect(state.deliveries.all()).toEqual([]);
  });

  it('stays in a single pass that takes its delivery out', async () => {
    await converge(parts, both, stop.signal);
    await converge(parts, siteOf(appsYaml), stop.signal);
    expect([isThere(namespace), isThere(web)]).toEqual([true, true]);
    expect(state.deliveries.find('edge', 'infra')).toBeDefined();
  });
});
