import { describe, expect, it } from 'vitest';
import { deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import {
  a,
  b,
  HealthSite,
  revision,
  waiting,
  waitingSite,
  waitingStatus,
  widget,
} from '../../../test/fixtures/health-site.ts';
import { type HealthWatch, SealiftError } from '../../core/index.ts';

const second = 1_000;
const minute = 60 * second;
const agent = forEachTest(new HealthSite());

describe('a delivery that waits for its objects, and something else comes', () => {
  it('waits no longer for what a newer revision replaces', async () => {
    await agent.start(waitingSite('  wait: true\n  timeout: 1h\n'));
    agent.registry.revision = 'v2';
    agent.registry.objects = [widget('a', { spec: { size: 2 } })];
    await agent.pass(minute);
    expect(agent.events.filter(({ kind }) => kind === 'health-cancelled')).toEqual([
      expect.objectContaining({ revision }),
    ]);
    expect(agent.said()[0]).toContain('Running health checks for revision stable@sha256:v2');
    agent.says(a, 'ready');
    await agent.settle();
    expect(agent.delivery().status.lastAppliedRevision).toBe('stable@sha256:v2');
  });

  it('that is healthy has nothing to cancel when something newer comes, and waits for that', async () => {
    await agent.start();
    await agent.allReady();
    agent.events.length = 0;
    agent.registry.revision = 'v2';
    agent.registry.objects = [widget('a', { spec: { size: 2 } })];
    agent.says(a, 'busy');
    await agent.settle();
    agent.events.length = 0;
    await agent.pass(minute);
    expect(agent.said()[2]).toContain(
      'Healthy=Unknown/Progressing "Running health checks for revision stable@sha256:v2',
    );
    expect(agent.kinds().filter((kind) => kind.startsWith('health'))).toEqual([]);
  });

  it('lets go of what it waited for', async () => {
    let follows = 0;
    const counting: HealthWatch = {
      follow: async (...call) => {
        follows += 1;
        await agent.target.health.follow(...call);
        follows -= 1;
      },
    };
    await agent.start(waitingSite(), { target: agent.withHealth(counting) });
    expect(follows).toBe(1);
    agent.registry.revision = 'v2';
    await agent.pass(minute);
    expect(follows).toBe(1);
    await agent.replace(siteOf(sourceYaml('app')));
    expect(agent.state.deliveries.all()).toEqual([]);
    expect(follows).toBe(0);
  });

  it('says nothing of an older revision while a newer one is applied', async () => {
    await agent.start(waitingSite('  wait: true\n  timeout: 1h\n'));
    const { build } = agent.registry.stages;
    agent.registry.revision = 'v2';
    let wasToldMeanwhile = false;
    const slow: typeof build = {
      build: async (...call) => {
        await agent.allReady();
        wasToldMeanwhile = agent.readiness() === 'True';
        for (const object of [a, b]) agent.says(object, 'busy');
        return build.build(...call);
      },
    };
    agent.stop();
    await agent.start(waitingSite('  wait: true\n  timeout: 1h\n'), {
      stages: { ...agent.registry.stages, build: slow },
    });
    await agent.pass(2 * minute);
    expect(wasToldMeanwhile).toBe(false);
    expect(agent.readiness()).toBe('Unknown');
  });

  it('waits anew when somebody asks for a run after a failure', async () => {
    await agent.start();
    await agent.clock.advance(40 * second);
    expect(agent.readiness()).toBe('False');
    const asked = deliveryYaml('app', 'app', waiting).replace(
      'namespace: edge}',
      'namespace: edge, annotations: {reconcile.fluxcd.io/requestedAt: "1"}}',
    );
    await agent.replace(siteOf(sourceYaml('app') + asked));
    expect(agent.said()).toEqual(waitingStatus);
    expect(agent.delivery().status.lastHandledReconcileAt).toBe('1');
    await agent.clock.advance(40 * second);
    expect(agent.readiness()).toBe('False');
  });

  it('stops waiting when a run fails: the failure is what counts', async () => {
    await agent.start();
    agent.registry.revision = 'v2';
    agent.registry.failing.set('build', new SealiftError('YAML_MALFORMED', 'app', 'no'));
    await agent.clock.advance(minute);
    await agent.allReady();
    expect(agent.said().at(-1)).toContain('Ready=False/BuildFailed');
    agent.registry.failing.clear();
    await agent.clock.advance(10 * minute);
    expect(agent.readiness()).toBe('True');
  });

  it('that is suspended, or has left, is not looked at any more', async () => {
    await agent.start();
    await agent.replace(waitingSite(`${waiting}  suspend: true\n`));
    const before = agent.said();
    agent.says(a, 'stalled');
    await agent.clock.advance(minute);
    expect(agent.said()).toEqual(before);
    await agent.replace(siteOf(sourceYaml('app') + deliveryYaml('other', 'app')));
    await agent.clock.advance(minute);
    expect(agent.state.deliveries.find('edge', 'app')).toBeUndefined();
  });
});
