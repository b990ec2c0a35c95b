import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { mapsOf, RollbackSite, returningSite, revisionOf } from '../../../test/fixtures/rollback-site.ts';
import { refOf } from '../../core/index.ts';
import { compileHealth } from '../../health/index.ts';

const agent = forEachTest(new RollbackSite());

describe('a delivery whose objects do not become healthy', () => {
  const waiting = returningSite({ spec: '  wait: true\n  timeout: 40s\n' });

  /** Its controller says so. */
  function says(name: string, type: 'Ready' | 'Stalled' | 'Reconciling'): void {
    const conditions = [{ type, status: 'True', reason: 'Because', message: `it is ${type}` }];
    agent.target.setStatus(refOf(configMap(name)), { conditions });
  }

  it('goes back as soon as one has failed, and is back when what held is healthy', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start(waiting);
    expect(agent.said()[0]).toContain('Ready=True');
    says('c', 'Stalled');
    await agent.publish('v2', mapsOf('v2', 'a', 'c'));
    expect(agent.live('a', 'c')).toEqual(['v1', undefined]);
    expect(agent.stage()).toBe('returned');
    expect(agent.said()[1]).toMatch(
      /^Ready=False\/RolledBack "revision stable@sha256:v2 failed: .*ConfigMap\/shop\/c status: 'Failed': Because: it is Stalled\]; the last good one, stable@sha256:v1, is in force again"$/,
    );
    expect(agent.said()[2]).toContain('Healthy=True');
  });

  it('goes back when its time is over, and not before', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start(waiting);
    says('c', 'Reconciling');
    await agent.publish('v2', mapsOf('v2', 'a', 'c'));
    expect(agent.live('a', 'c')).toEqual(['v2', 'v2']);
    expect(agent.stage()).toBe('trying');
    await agent.pass(41_000);
    expect(agent.live('a', 'c')).toEqual(['v1', undefined]);
    expect(agent.delivery().status).toMatchObject({
      lastAppliedRevision: revisionOf('v1'),
      lastAttemptedRevision: revisionOf('v2'),
    });
  });

  it('says so while what held is not healthy either, and is back when it is', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start(waiting);
    says('a', 'Stalled');
    says('c', 'Stalled');
    await agent.publish('v2', mapsOf('v2', 'a', 'c'));
    expect(agent.live('a', 'c')).toEqual(['v1', undefined]);
    expect(agent.said().find((one) => one.startsWith('Ready'))).toContain('RollbackFailed');
    says('a', 'Ready');
    await agent.settle();
    expect(agent.said()[1]).toContain('RolledBack');
    expect(agent.stage()).toBe('returned');
  });

  it('does not go anywhere when what held becomes unhealthy later', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start(waiting);
    says('a', 'Stalled');
    await agent.settle();
    expect(agent.said().find((one) => one.startsWith('Ready'))).toContain('HealthCheckFailed');
    expect(agent.stage()).toBeUndefined();
  });

  it('keeps those that depend on it waiting, which see what is in force', async () => {
    // Or the library of CEL would be loaded while the fake clock goes on.
    await compileHealth([{ apiVersion: 'example.com/v1', current: 'true' }], 'x');
    const dependant = deliveryYaml(
      'late',
      'app',
      `  dependsOn: [{name: app, readyExpr: "dep.status.lastAppliedRevision == '${revisionOf('v1')}'"}]`,
    );
    const strict = deliveryYaml('strict', 'app', '  dependsOn: [{name: app}]');
    const both = siteOf(dependant + strict);
    const desired = { ...waiting, deliveries: [...waiting.deliveries, ...both.deliveries] };
    agent.registry.objectsOf.set('late', [configMap('late')]);
    agent.registry.objectsOf.set('strict', [configMap('strict')]);
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start(desired);
    says('c', 'Stalled');
    await agent.publish('v2', mapsOf('v2', 'a', 'c'));
    expect(agent.ready('late')).toBe('ReconciliationSucceeded');
    expect(agent.ready('strict')).toBe('DependencyNotReady');
    expect(agent.delivery('strict').status.lastAppliedRevision).toBe(revisionOf('v1'));
  });
});
