import { beforeAll, describe, expect, it } from 'vitest';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { a, HealthSite, waiting, waitingSite, widget } from '../../../test/fixtures/health-site.ts';
import { refOf } from '../../core/index.ts';
import { compileHealth } from '../../health/index.ts';

const second = 1_000;
const agent = forEachTest(new HealthSite());

describe('healthChecks', () => {
  it('wait for the objects named, whoever delivers them', async () => {
    const checks =
      '  timeout: 40s\n  healthChecks: [{apiVersion: example.com/v2, kind: Widget, name: x, namespace: shop}]\n';
    await agent.start(waitingSite(checks));
    expect(agent.said().at(-1)).toContain('Running health checks');
    await agent.target.write(widget('x'), { recreate: false }, agent.signal);
    await agent.settle();
    expect(agent.readiness()).toBe('True');
  });

  it('are of the group apps where nothing else is said, and name what is not there', async () => {
    await agent.start(
      waitingSite('  timeout: 40s\n  healthChecks: [{kind: Deployment, name: absent, namespace: shop}]\n'),
    );
    await agent.clock.advance(40 * second);
    expect(agent.said()[2]).toBe(
      'Healthy=False/HealthCheckFailed "timeout waiting for: [Deployment/shop/absent status: \'NotFound\': it is not there]"',
    );
  });

  it('do not count beside wait', async () => {
    await agent.start(
      waitingSite(`${waiting}  healthChecks: [{kind: Deployment, name: absent, namespace: shop}]\n`),
    );
    await agent.allReady();
    expect(agent.readiness()).toBe('True');
  });
});

describe('timeout', () => {
  it.each([
    ['', '9m30s'],
    ['  timeout: 2m\n', '2m0s'],
    ['  timeout: 1s\n', '30s'],
  ])('of "%s" is what is waited at most', async (spec, text) => {
    await agent.start(waitingSite(`  wait: true\n${spec}`));
    expect(agent.said()[0]).toContain(`with a timeout of ${text}`);
  });
});

describe('healthCheckExprs', () => {
  /** The library is loaded by the first expression, which takes more than turns. */
  beforeAll(async () => {
    await compileHealth([{ apiVersion: 'example.com/v1', current: 'true' }], 'x');
  });

  const expressions = (current: string): string =>
    `${waiting}  healthCheckExprs: [{apiVersion: example.com/v1, kind: Widget, current: "${current}", failed: status.phase == 'Broken'}]\n`;

  it('say how custom resources are doing', async () => {
    agent.registry.objects = [a];
    await agent.start(waitingSite(expressions("status.phase == 'Done'")));
    agent.target.setStatus(refOf(a), { phase: 'Busy' });
    await agent.settle();
    expect(agent.readiness()).toBe('Unknown');
    agent.target.setStatus(refOf(a), { phase: 'Broken' });
    await agent.settle();
    expect(agent.readiness()).toBe('False');
    agent.target.setStatus(refOf(a), { phase: 'Done' });
    await agent.settle();
    expect(agent.readiness()).toBe('True');
  });

  it('that cannot be read are told, before anything is applied', async () => {
    await agent.start(waitingSite(expressions('status.phase ==')));
    expect(agent.target.text(refOf(a))).toBeUndefined();
    expect(agent.said().at(-1)).toContain('Ready=False/InvalidCELExpression');
    expect(agent.said().at(-1)).toContain('spec.healthCheckExprs[0].current: line 1, column 16');
  });
});
