import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { SealiftError, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';
import { type InForce, inForce } from './housekeeping.ts';

const minute = 60_000;
const desired = siteOf(sourceYaml('app') + deliveryYaml('app', 'app'));

let registry: FakeStages;
let clock: FakeClock;
let stop: AbortController;
let events: SealiftEvent[];
let collected: InForce[];
let answer: () => Promise<number | undefined>;
let parts: AgentParts;

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [configMap('a')];
  clock = new FakeClock();
  stop = new AbortController();
  events = [];
  collected = [];
  answer = async () => undefined;
  parts = {
    stages: registry.stages,
    target: createMemoryTarget(),
    state: createMemoryStateStore(),
    housekeeping: {
      collect: (inForceNow) => {
        collected.push(inForceNow);
        return answer();
      },
    },
    withdrawAll: true,
    clock,
    random: { next: () => 0.5 },
    listener: (event) => events.push(event),
  };
});

afterEach(() => stop.abort());

async function start(): Promise<Engine> {
  const engine = new Engine(parts, desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

describe('housekeeping', () => {
  it('names tree, manifest and layer in force of every source', async () => {
    await converge(parts, desired, stop.signal);
    const found = inForce(parts.state.sources.all(), []);
    expect(found.sources).toEqual([{ namespace: 'edge', name: 'app' }]);
    expect([...found.roots]).toEqual(['/trees/stable@sha256:v1']);
    expect([...found.digests]).toEqual(['sha256:v1']);
  });

  it('takes place at the start, and a minute after another revision was stored', async () => {
    await start();
    await clock.advance(minute);
    const before = collected.length;
    await clock.advance(10 * minute);
    expect(collected).toHaveLength(before);
    registry.revision = 'v2';
    await clock.advance(minute);
    expect(collected).toHaveLength(before);
    await clock.advance(minute);
    expect(collected).toHaveLength(before + 1);
    expect([...(collected.at(-1)?.digests ?? [])]).toEqual(['sha256:v2']);
  });

  it('takes place again when something waits', async () => {
    answer = async () => 7 * minute;
    await start();
    await clock.advance(2 * minute);
    const before = collected.length;
    await clock.advance(7 * minute);
    expect(collected).toHaveLength(before + 1);
  });

  it('lets go of what a source held that has left the configuration for long', async () => {
    const engine = await start();
    engine.replace(siteOf(sourceYaml('other')));
    await clock.advance(22 * minute);
    expect(collected.at(-1)?.sources).toEqual([{ namespace: 'edge', name: 'other' }]);
  });

  it('lets no delivery begin meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    answer = () => promise;
    await start();
    expect([collected.length, registry.calls.build]).toEqual([1, 0]);
    resolve(undefined);
    await settleAll();
    expect(registry.calls.build).toBeGreaterThan(0);
  });

  it('waits for a delivery that is being built', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { build } = parts.stages;
    const slow: typeof build = {
      build: async (request, signal) => {
        await promise;
        return build.build(request, signal);
      },
    };
    parts = { ...parts, stages: { ...parts.stages, build: slow } };
    await start();
    await clock.advance(5 * minute);
    expect(collected).toHaveLength(1);
    resolve();
    await clock.advance(minute);
    expect(collected).toHaveLength(2);
  });

  it('holds back no delivery while it waits for one that hangs', async () => {
    const { build } = parts.stages;
    const hanging: typeof build = {
      build: (request, signal) =>
        request.delivery.metadata.name === 'app'
          ? new Promise(() => undefined)
          : build.build(request, signal),
    };
    parts = { ...parts, stages: { ...parts.stages, build: hanging } };
    const engine = await start();
    await clock.advance(5 * minute);
    engine.replace(siteOf(sourceYaml('app') + deliveryYaml('app', 'app') + deliveryYaml('late', 'app')));
    await settleAll();
    expect(parts.state.deliveries.find('edge', 'late')?.status.lastAppliedRevision).toBe('stable@sha256:v1');
  });

  it('tells what it could not remove, and converges nevertheless', async () => {
    answer = async () => {
      throw new SealiftError('DISK_FAILED', '/state/layout', 'read-only file system');
    };
    expect(await converge(parts, desired, stop.signal)).toMatchObject({ failures: [] });
    expect(events.map(({ kind }) => kind).slice(-2)).toEqual(['failed', 'converged']);
  });
});
