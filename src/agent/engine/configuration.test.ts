import { describe, expect, it } from 'vitest';
import { registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AppSite, forEachTest, oneSite } from '../../../test/fixtures/agent-site.ts';
import { refOf } from '../../core/index.ts';

const second = 1_000;
const minute = 60 * second;

const agent = forEachTest(new AppSite());
const delivered = (): readonly string[] => agent.delivered('a', 'b', 'c', 'evil');

describe('another configuration', () => {
  it('takes back what a delivery owned when it leaves the configuration', async () => {
    await agent.start();
    await agent.replace(siteOf(sourceYaml('app')));
    await agent.pass(5 * second);
    expect(delivered()).toEqual([]);
    expect(agent.state.deliveries.all()).toEqual([]);
  });

  it('leaves everything in place when a delivery without prune leaves the configuration', async () => {
    await agent.start(
      siteOf(sourceYaml('app') + deliveryYaml('app', 'app').replace('prune: true', 'prune: false')),
    );
    await agent.replace(siteOf(sourceYaml('app')));
    await agent.pass(5 * second);
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('takes nothing back for a configuration without any delivery', async () => {
    await agent.start(oneSite, { withdrawAll: false });
    await agent.replace(siteOf(sourceYaml('app')));
    await agent.pass(minute);
    expect(delivered()).toEqual(['a', 'b']);
    expect(agent.events.findLast(({ kind }) => kind === 'failed')).toMatchObject({
      code: 'WITHDRAWAL_REFUSED',
    });
    await agent.end();
  });

  it('remembers the artifact of a source whose name was mistyped for a while', async () => {
    await agent.start();
    agent.registry.failing.set('resolve', registryDown());
    await agent.replace(siteOf(sourceYaml('ap') + deliveryYaml('app', 'app')));
    await agent.clock.advance(9 * minute);
    await agent.replace(oneSite);
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('forgets a source that stays away', async () => {
    await agent.start();
    await agent.replace(siteOf(sourceYaml('other') + deliveryYaml('app', 'other')));
    await agent.clock.advance(21 * minute);
    expect(agent.state.sources.all().map(({ name }) => name)).toEqual(['other']);
  });

  it('polls only the sources whose spec or trust a new configuration changes', async () => {
    const two = (spec: string): ReturnType<typeof siteOf> =>
      siteOf(sourceYaml('app') + sourceYaml('other', spec));
    await agent.start(two(''));
    const before = agent.registry.calls.resolve;
    await agent.replace(two('  ignore: "*.md"'));
    expect(agent.registry.calls.resolve).toBe(before + 1);
  });

  it('calls a changed value a change, not drift', async () => {
    await agent.start();
    agent.registry.objects = [configMap('a', { value: 'new' }), configMap('b')];
    await agent.replace(oneSite);
    expect(agent.events.findLast(({ kind }) => kind === 'object-changed')).toMatchObject({
      action: 'configured',
    });
  });

  it('does not poll a suspended source and does not apply a suspended delivery', async () => {
    await agent.start(siteOf(sourceYaml('app', '  suspend: true') + deliveryYaml('app', 'app')));
    await agent.clock.advance(10 * minute);
    expect(agent.registry.calls.resolve).toBe(0);
  });

  it('notes what is suspended, and what is not any more', async () => {
    const both = (spec: string): ReturnType<typeof siteOf> =>
      siteOf(sourceYaml('app', spec) + deliveryYaml('app', 'app', spec));
    const suspended = (): readonly unknown[] =>
      [agent.state.sources, agent.state.deliveries].map((all) => all.find('edge', 'app')?.suspended);
    await agent.start(both(''));
    expect(suspended()).toEqual([false, false]);
    await agent.replace(both('  suspend: true'));
    expect(suspended()).toEqual([true, true]);
    await agent.replace(both(''));
    expect(suspended()).toEqual([false, false]);
  });

  it('refuses fields it would have to ignore', async () => {
    const decryption = '  decryption: {provider: sops, serviceAccountName: robot}';
    await agent.start(siteOf(sourceYaml('app') + deliveryYaml('app', 'app', decryption)));
    expect(delivered()).toEqual([]);
    expect(agent.events.filter(({ kind }) => kind === 'failed')[0]).toMatchObject({
      code: 'CONFIG_UNSUPPORTED',
    });
  });
});
