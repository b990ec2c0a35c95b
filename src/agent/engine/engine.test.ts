import { describe, expect, it } from 'vitest';
import { registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AppSite, forEachTest, oneSite } from '../../../test/fixtures/agent-site.ts';
import { refOf, SealiftError } from '../../core/index.ts';
import { createMemoryTarget } from '../../target/index.ts';
import type { AgentParts } from '../index.ts';

const second = 1_000;
const minute = 60 * second;

const agent = forEachTest(new AppSite());
const delivered = (): readonly string[] => agent.delivered('a', 'b', 'c', 'evil');

describe('Engine', () => {
  it('delivers at once on a new site', async () => {
    await agent.start();
    expect(delivered()).toEqual(['a', 'b']);
    expect(agent.ready()).toBe('ReconciliationSucceeded');
  });

  it('delivers a new revision and prunes what left it', async () => {
    await agent.start();
    agent.registry.revision = 'v2';
    agent.registry.objects = [configMap('b'), configMap('c')];
    await agent.pass(minute);
    expect(delivered()).toEqual(['b', 'c']);
  });

  it('repairs an object that was changed or deleted by another hand', async () => {
    await agent.start();
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(delivered()).toEqual(['a', 'b']);
    expect(agent.events.filter(({ kind }) => kind === 'object-changed').at(-1)).toMatchObject({
      action: 'repaired',
    });
  });

  it('retries what only another input can mend by the interval, not sooner', async () => {
    agent.registry.failing.set('build', new SealiftError('BUILD_EMPTY', 'x', 'no objects'));
    await agent.start();
    const before = agent.registry.calls.build;
    await agent.clock.advance(5 * minute);
    expect(agent.registry.calls.build).toBe(before);
  });

  it('tells a broken watch once, and tries again ever later', async () => {
    const { target } = agent;
    const broken: AgentParts['target'] = {
      description: 'memory',
      observe: target.observe.bind(target),
      write: target.write.bind(target),
      remove: target.remove.bind(target),
      watch: async () => undefined,
    };
    await agent.start(oneSite, { target: broken });
    await agent.clock.advance(10 * minute);
    expect(agent.events.filter((event) => event.kind === 'failed' && event.stage === 'site')).toHaveLength(1);
    await agent.end();
  });

  it('surprise 22: makes dependants wait, and wakes them without waiting for a timer', async () => {
    agent.registry.failing.set('build', new SealiftError('TARGET_FAILED', 'x', 'busy'));
    agent.registry.objectsOf.set('top', [configMap('top')]);
    await agent.start(
      siteOf(
        sourceYaml('app') +
          deliveryYaml('base', 'app') +
          deliveryYaml('top', 'app', '  dependsOn: [{name: base}]'),
      ),
    );
    expect(agent.ready('top')).toBe('DependencyNotReady');
    agent.registry.failing.clear();
    // Long enough for the next try of `base`; `top` has a timer of ten minutes.
    await agent.pass(10 * second);
    expect({ base: agent.ready('base'), top: agent.ready('top') }).toEqual({
      base: 'ReconciliationSucceeded',
      top: 'ReconciliationSucceeded',
    });
  });

  it('makes dependants wait for a dependency whose new spec is not applied yet', async () => {
    const yaml = (path: string): string =>
      sourceYaml('app') +
      sourceYaml('other') +
      deliveryYaml('top', 'other', `  path: ${path}\n  dependsOn: [{name: base}]`) +
      deliveryYaml('base', 'app', `  path: ${path}`);
    await agent.start(siteOf(yaml('./old')));
    agent.registry.failing.set(
      'build',
      new SealiftError('BUILD_PATH_NOT_FOUND', './new', 'no such directory'),
    );
    await agent.replace(siteOf(yaml('./new')));
    expect({ base: agent.ready('base'), top: agent.ready('top') }).toEqual({
      base: 'ArtifactFailed',
      top: 'DependencyNotReady',
    });
  });

  it('starts from what it knows after a restart, without the registry', async () => {
    await agent.start();
    await agent.end();
    agent.registry.failing.set('resolve', registryDown());
    agent.target = createMemoryTarget();
    await agent.start();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('ends with no timer left', async () => {
    await agent.start();
    await agent.end();
    expect(agent.clock.sleeping).toEqual([]);
  });
});
