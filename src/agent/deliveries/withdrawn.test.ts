import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AppSite, forEachTest } from '../../../test/fixtures/agent-site.ts';
import { refOf, SealiftError, type Target } from '../../core/index.ts';

const agent = forEachTest(new AppSite());

const source = sourceYaml('app');
const withoutDelivery = siteOf(source);
const withDelivery = (spec = ''): ReturnType<typeof siteOf> =>
  siteOf(source + deliveryYaml('app', 'app', spec));

const delivered = (): readonly string[] => agent.delivered('a', 'b');

describe('a delivery that leaves the configuration', () => {
  it.each([
    ['takes its objects along where prune says so', '', []],
    ['leaves them when deletionPolicy is Orphan', '  deletionPolicy: Orphan', ['a', 'b']],
    ['leaves them when it was suspended before', '  suspend: true', ['a', 'b']],
  ])('%s', async (_, spec, left) => {
    await agent.converge(withDelivery());
    await agent.converge(withDelivery(spec));
    await agent.converge(withoutDelivery);
    expect(delivered()).toEqual(left);
    expect(agent.state.deliveries.all()).toEqual([]);
  });

  it('takes along what an apply that never succeeded has written', async () => {
    const foreign = 'kind: ConfigMap, but of somebody else';
    agent.target.edit(refOf(configMap('b')), foreign);
    expect((await agent.converge(withDelivery())).failures).toHaveLength(1);
    expect(delivered()).toEqual(['a', 'b']);
    await agent.converge(withoutDelivery);
    expect(agent.target.text(refOf(configMap('a')))).toBeUndefined();
    expect(agent.target.text(refOf(configMap('b')))).toBe(foreign);
  });

  it('is told as changes, not as nothing to do', async () => {
    await agent.converge(withDelivery());
    expect(await agent.converge(withoutDelivery)).toEqual({ changes: 2, failures: [] });
  });

  it('leaves no orphan when it leaves in the middle of a build', async () => {
    const building = Promise.withResolvers<void>();
    const { stages } = agent.registry;
    const { build } = stages;
    const slow = {
      build: async (...args: Parameters<typeof build.build>) =>
        building.promise.then(() => build.build(...args)),
    };
    await agent.start(withDelivery(), { stages: { ...stages, build: slow } });
    await agent.replace(withoutDelivery);
    building.resolve();
    await agent.settle();
    expect({ delivered: delivered(), records: agent.state.deliveries.all() }).toEqual({
      delivered: [],
      records: [],
    });
    await agent.end();
  });

  it('is tried again at growing distances when it cannot be taken back, and told once', async () => {
    await agent.converge(withDelivery());
    const stuck: Target = {
      description: agent.target.description,
      observe: (...args) => agent.target.observe(...args),
      write: (...args) => agent.target.write(...args),
      watch: (...args) => agent.target.watch(...args),
      remove: async () => {
        throw new SealiftError('TARGET_FAILED', 'ConfigMap/shop/a', 'read-only file system');
      },
    };
    await agent.start(withoutDelivery, { target: stuck });
    for (let minute = 0; minute < 10; minute += 1) {
      await agent.pass(60_000);
    }
    expect(agent.events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(agent.state.deliveries.all()[0]?.failures).toBeGreaterThan(3);
    await agent.end();
  });
});

describe('a source that leaves the configuration', () => {
  it('is forgotten by a single pass, too', async () => {
    await agent.converge(withDelivery());
    await agent.converge(siteOf(sourceYaml('other')));
    expect(agent.state.sources.all().map(({ name }) => name)).toEqual(['other']);
  });
});
