import { once } from 'node:events';
import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget } from '../../target/index.ts';
import { type AgentParts, Engine } from '../index.ts';

it('a delivery that is still at work when its object is taken over looks again at once', async () => {
  const registry = new FakeStages();
  const memory = createMemoryTarget();
  const clock = new FakeClock();
  const state = createMemoryStateStore();
  const stop = new AbortController();
  const slow = Promise.withResolvers<void>();
  const target: AgentParts['target'] = {
    description: memory.description,
    observe: (ref, desired, signal) => memory.observe(ref, desired, signal),
    write: async (object, options, signal) => {
      if (object.metadata.name === 'slow') await slow.promise;
      await memory.write(object, options, signal);
    },
    remove: (ref, signal) => memory.remove(ref, signal),
    // As a cluster does: what is written here is told to nobody.
    watch: (_changed, signal) => once(signal, 'abort').then(() => undefined),
  };
  const parts: AgentParts = {
    stages: registry.stages,
    target,
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: false,
    listener: () => undefined,
  };
  const inventoryOf = (name: string): readonly string[] | undefined =>
    state.deliveries.find('edge', name)?.status.inventory?.entries.map(({ id }) => id.split('_')[1] ?? '');
  const build = (a: readonly string[], b: readonly string[]): void => {
    registry.objectsOf.set(
      'a',
      a.map((name) => configMap(name)),
    );
    registry.objectsOf.set(
      'b',
      b.map((name) => configMap(name)),
    );
  };
  const settleAll = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await settle();
  };

  build(['stay', 'moved'], ['other']);
  const engine = new Engine(
    parts,
    siteOf(sourceYaml('app') + deliveryYaml('a', 'app') + deliveryYaml('b', 'app')),
  );
  const done = engine.run(stop.signal);
  await settleAll();

  build(['stay', 'slow'], ['other', 'moved']);
  registry.revision = 'v2';
  await clock.advance(60_000);
  await settleAll();
  expect(inventoryOf('b')).toContain('moved');
  slow.resolve();
  await settleAll();
  expect(inventoryOf('a')).toEqual(['stay', 'slow']);
  stop.abort();
  await done;
});
