import { describe, expect, it } from 'vitest';
import { deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { a, b, HealthSite, waiting, waitingSite } from '../../../test/fixtures/health-site.ts';

const second = 1_000;
const agent = forEachTest(new HealthSite());

describe('a single pass', () => {
  it('ends when everything is healthy, in the order of dependencies', async () => {
    const dependant = deliveryYaml('top', 'app', '  dependsOn: [{name: app}]\n');
    const desired = siteOf(sourceYaml('app') + dependant + deliveryYaml('app', 'app', waiting));
    const ended = agent.converge(desired);
    await agent.settle();
    expect(agent.readiness()).toBe('Unknown');
    for (const object of [a, b]) agent.says(object, 'ready');
    const { failures } = await ended;
    expect(failures.filter(({ error }) => error.code !== 'TARGET_CONFLICT')).toEqual([]);
    expect(agent.said('top').at(-1)).not.toContain('DependencyNotReady');
    expect(agent.clock.sleeping).toEqual([]);
  });

  it('names what did not become healthy in time', async () => {
    const ended = agent.converge(waitingSite());
    await agent.settle();
    await agent.clock.advance(40 * second);
    const { failures } = await ended;
    expect(failures).toEqual([
      {
        subject: { kind: 'Kustomization', namespace: 'edge', name: 'app' },
        error: expect.objectContaining({ code: 'HEALTH_CHECK_FAILED' }),
      },
    ]);
  });

  it('can be ended while it waits', async () => {
    const ended = agent.converge(waitingSite());
    await agent.settle();
    agent.stop(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
    expect(agent.clock.sleeping).toEqual([]);
  });
});
