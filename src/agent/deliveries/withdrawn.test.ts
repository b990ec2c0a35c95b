import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { StateStore } from '../../api/index.ts';
import { refOf, SealiftError, type SealiftEvent, type Target } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let parts: AgentParts;
const { signal } = new AbortController();

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [configMap('a'), configMap('b')];
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
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

const source = sourceYaml('app');
const withoutDelivery = siteOf(source);
const withDelivery = (spec = ''): ReturnType<typeof siteOf> =>
  siteOf(source + deliveryYaml('app', 'app', spec));

function delivered(): readonly string[] {
  return ['a', 'b'].filter((name) => target.text(refOf(configMap(name))) !== undefined);
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

describe('a delivery that leaves the configuration', () => {
  it.each([
    ['takes its objects along where prune says so', '', []],
    ['leaves them when deletionPolicy is Orphan', '  deletionPolicy: Orphan', ['a', 'b']],
    ['leaves them when it was suspended before', '  suspend: true', ['a', 'b']],
  ])('%s', async (_, spec, left) => {
    await converge(parts, withDelivery(), signal);
    await converge(parts, withDelivery(spec), signal);
    await converge(parts, withoutDelivery, signal);
    expect(delivered()).toEqual(left);
    expect(state.deliveries.all()).toEqual([]);
  });

  it('takes along what an apply that never succeeded has written', async () => {
    const foreign = 'kind: ConfigMap, but of somebody else';
    target.edit(refOf(configMap('b')), foreign);
    expect((await converge(parts, withDelivery(), signal)).failures).toHaveLength(1);
    expect(delivered()).toEqual(['a', 'b']);
    await converge(parts, withoutDelivery, signal);
    expect(target.text(refOf(configMap('a')))).toBeUndefined();
    expect(target.text(refOf(configMap('b')))).toBe(foreign);
  });

  it('is told as changes, not as nothing to do', async () => {
    await converge(parts, withDelivery(), signal);
    expect(await converge(parts, withoutDelivery, signal)).toEqual({ changes: 2, failures: [] });
  });

  it('leaves no orphan when it leaves in the middle of a build', async () => {
    const building = Promise.withResolvers<void>();
    const { build } = parts.stages;
    const slow = {
      build: async (...args: Parameters<typeof build.build>) =>
        building.promise.then(() => build.build(...args)),
    };
    const stop = new AbortController();
    const engine = new Engine({ ...parts, stages: { ...parts.stages, build: slow } }, withDelivery());
    const done = engine.run(stop.signal);
    await settleAll();
    engine.replace(withoutDelivery);
    building.resolve();
    await settleAll();
    expect({ delivered: delivered(), records: state.deliveries.all() }).toEqual({
      delivered: [],
      records: [],
    });
    stop.abort();
    await done;
  });

  it('is tried again at growing distances when it cannot be taken back, and told once', async () => {
    await converge(parts, withDelivery(), signal);
    const stop = new AbortController();
    const stuck: Target = {
      description: target.description,
      observe: (...args) => target.observe(...args),
      write: (...args) => target.write(...args),
      watch: (...args) => target.watch(...args),
      remove: async () => {
        throw new SealiftError('TARGET_FAILED', 'ConfigMap/shop/a', 'read-only file system');
      },
    };
    const done = new Engine({ ...parts, target: stuck }, withoutDelivery).run(stop.signal);
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(60_000);
      await settleAll();
    }
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(state.deliveries.all()[0]?.failures).toBeGreaterThan(3);
    stop.abort();
    await done;
  });
});

describe('a source that leaves the configuration', () => {
  it('is forgotten by a single pass, too', async () => {
    await converge(parts, withDelivery(), signal);
    await converge(parts, siteOf(sourceYaml('other')), signal);
    expect(state.sources.all().map(({ name }) => name)).toEqual(['other']);
  });
});
