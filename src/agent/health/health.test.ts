import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import {
  a,
  b,
  HealthSite,
  revision,
  running,
  waiting,
  waitingSite,
  waitingStatus,
  widget,
} from '../../../test/fixtures/health-site.ts';
import type { StateStore } from '../../api/index.ts';
import { type HealthWatch, refOf, SealiftError } from '../../core/index.ts';

const second = 1_000;
const minute = 60 * second;
const agent = forEachTest(new HealthSite());

describe('a delivery that waits for its objects', () => {
  it('is applied, and says what it does, in the words of Flux', async () => {
    await agent.start();
    expect(agent.target.text(refOf(a))).toBeDefined();
    expect(agent.said()).toEqual(waitingStatus);
    expect(agent.delivery().status).toMatchObject({ lastAttemptedRevision: revision });
    expect(agent.delivery().status.lastAppliedRevision).toBeUndefined();
    expect(agent.kinds()).not.toContain('delivery-applied');
  });

  it('is ready as soon as all are current, and not before', async () => {
    await agent.start();
    await agent.clock.advance(5 * second);
    agent.says(a, 'ready');
    await agent.settle();
    expect(agent.said()).toEqual(waitingStatus);
    agent.says(b, 'ready');
    await agent.settle();
    expect(agent.said()).toEqual([
      `Ready=True/ReconciliationSucceeded "Applied revision: ${revision}"`,
      'Healthy=True/Succeeded "Health check passed in 5s"',
    ]);
    expect(agent.delivery().status).toMatchObject({
      lastAppliedRevision: revision,
      history: [{ lastReconciledStatus: 'ReconciliationSucceeded', lastReconciledDuration: '5000ms' }],
    });
    expect(agent.kinds().slice(-2)).toEqual(['health-passed', 'delivery-applied']);
  });

  it('is ready in spite of a disk that was full when it became so', async () => {
    let isFull = false;
    const { deliveries } = agent.state;
    const onDisk: StateStore['deliveries'] = {
      all: () => deliveries.all(),
      find: (namespace, name) => deliveries.find(namespace, name),
      save: (record) => {
        if (isFull) throw new SealiftError('DISK_FAILED', 'state', 'no space left');
        deliveries.save(record);
      },
      saveDerived: (record) => deliveries.saveDerived(record),
      remove: (namespace, name) => deliveries.remove(namespace, name),
    };
    await agent.start(waitingSite(), { state: { ...agent.state, deliveries: onDisk } });
    isFull = true;
    await agent.allReady();
    expect(agent.readiness()).toBe('Unknown');
    expect(agent.events).toContainEqual(expect.objectContaining({ kind: 'failed', code: 'DISK_FAILED' }));
    isFull = false;
    await agent.clock.advance(minute);
    expect(agent.readiness()).toBe('True');
  });

  it('has failed when its time is over, and names what is missing and why', async () => {
    await agent.start();
    agent.says(a, 'ready');
    await agent.clock.advance(40 * second);
    const missing = "timeout waiting for: [Widget/shop/b status: 'InProgress': Because: it is busy]";
    expect(agent.said()).toEqual([
      `Reconciling=True/ProgressingWithRetry "${running}"`,
      `Ready=False/HealthCheckFailed "health check failed after 40s: ${missing}"`,
      `Healthy=False/HealthCheckFailed "${missing}"`,
    ]);
    expect(agent.delivery().status).toMatchObject({
      lastAttemptedRevision: revision,
      history: [{ lastReconciledStatus: 'HealthCheckFailed' }],
    });
    expect(agent.events.at(-1)).toMatchObject({
      kind: 'failed',
      stage: 'health',
      code: 'HEALTH_CHECK_FAILED',
      revision,
      message: expect.stringContaining(missing),
    });
  });

  it('surprise 23: has failed at once when one object has', async () => {
    await agent.start();
    await agent.clock.advance(2 * second);
    agent.says(b, 'stalled');
    await agent.settle();
    expect(agent.said()[1]).toBe(
      'Ready=False/HealthCheckFailed "health check failed after 2s: failed early due to stalled resources: [Widget/shop/b status: \'Failed\': Because: it is stalled]"',
    );
  });

  it('becomes ready at once after it has failed', async () => {
    await agent.start();
    await agent.clock.advance(41 * second);
    await agent.allReady();
    expect(agent.readiness()).toBe('True');
    expect(agent.delivery().status.history?.map(({ lastReconciledStatus }) => lastReconciledStatus)).toEqual([
      'ReconciliationSucceeded',
      'HealthCheckFailed',
    ]);
  });

  it('tells a failure once, and again when it is another one', async () => {
    await agent.start();
    agent.says(a, 'stalled');
    await agent.settle();
    await agent.clock.advance(10 * minute);
    const told = (): number => agent.events.filter(({ kind }) => kind === 'failed').length;
    expect(told()).toBe(1);
    agent.says(b, 'ready');
    await agent.settle();
    expect(told()).toBe(1);
    agent.says(b, 'stalled');
    await agent.settle();
    expect(told()).toBe(2);
  });

  it('is in a hurry for no run in between: its time goes on', async () => {
    await agent.start(waitingSite('  wait: true\n  timeout: 15m\n'));
    await agent.clock.advance(11 * minute);
    agent.target.edit(refOf(a), undefined);
    agent.says(a, 'busy');
    await agent.settle();
    expect(agent.target.text(refOf(a))).toBeDefined();
    await agent.clock.advance(4 * minute - second);
    expect(agent.readiness()).toBe('Unknown');
    await agent.clock.advance(second);
    expect(agent.said()[1]).toContain('health check failed after 15m0s');
  });

  it('keeps those that depend on it waiting, and wakes them at once', async () => {
    const dependant = deliveryYaml('top', 'app', '  dependsOn: [{name: app}]\n');
    await agent.start(siteOf(sourceYaml('app') + deliveryYaml('app', 'app', waiting) + dependant));
    expect(agent.said('top')[0]).toContain('DependencyNotReady');
    agent.registry.objects = [];
    await agent.allReady();
    expect(agent.said('top').at(-1)).not.toContain('DependencyNotReady');
  });

  it('holds no worker', async () => {
    const { stages } = agent.registry;
    const build: typeof stages.build = {
      build: async ({ delivery }) => ({ objects: [widget(delivery.metadata.name)], warnings: [] }),
    };
    const names = Array.from({ length: 9 }, (_, at) => `slow${at}`);
    const health: HealthWatch = {
      follow: (_refs, _told, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    };
    const many = names.map((name) => deliveryYaml(name, 'app', waiting)).join('');
    await agent.start(siteOf(sourceYaml('app') + many), {
      stages: { ...stages, build },
      target: agent.withHealth(health),
    });
    expect(names.map((one) => agent.readiness(one))).toEqual(names.map(() => 'Unknown'));
  });

  it('with nothing but what is always current passes at once', async () => {
    agent.registry.objects = [configMap('c')];
    await agent.start();
    expect(agent.said().at(-1)).toBe('Healthy=True/Succeeded "Health check passed in 0s"');
  });

  it('does not wait for itself, nor for what is left as it is', async () => {
    const itself = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'edge' },
    };
    const ignored = widget('b');
    const annotations = { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' };
    agent.registry.objects = [a, itself, { ...ignored, metadata: { ...ignored.metadata, annotations } }];
    await agent.start();
    agent.says(a, 'ready');
    agent.target.setStatus(refOf(itself), { conditions: [{ type: 'Stalled', status: 'True' }] });
    await agent.settle();
    expect(agent.readiness()).toBe('True');
  });

  it('does not miss a job that ends and goes by itself', async () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'shop' } };
    agent.registry.objects = [{ ...job, spec: { ttlSecondsAfterFinished: 5 } }];
    const gone: HealthWatch = {
      follow: async (refs, told, signal) => {
        for (const ref of refs) told(ref, undefined);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    };
    await agent.start(waitingSite(), { target: agent.withHealth(gone) });
    expect(agent.readiness()).toBe('True');
  });

  it('in a target where nobody runs anything is ready when it is applied', async () => {
    await agent.start(waitingSite(), { target: agent.withHealth(undefined) });
    expect(agent.said()).toEqual([`Ready=True/ReconciliationSucceeded "Applied revision: ${revision}"`]);
  });

  it('writes nothing while one object after the other becomes healthy', async () => {
    const many = Array.from({ length: 20 }, (_, at) => widget(`w${at}`));
    agent.registry.objects = many;
    for (const object of many) agent.says(object, 'busy');
    await agent.start();
    const seen = agent.listen();
    for (const object of many) {
      agent.says(object, 'ready');
      await agent.settle();
    }
    expect(seen).toEqual(['True']);
  });
});

describe('a target that cannot tell how objects are doing', () => {
  it('is asked again, and told of once', async () => {
    let asked = 0;
    let cut = new AbortController();
    const broken: HealthWatch = {
      follow: async (...call) => {
        asked += 1;
        const [refs, told, signal] = call;
        if (asked > 3) await agent.target.health.follow(refs, told, AbortSignal.any([signal, cut.signal]));
        cut = new AbortController();
        throw new SealiftError('TARGET_FAILED', 'cluster', 'connection refused');
      },
    };
    for (const object of [a, b]) agent.says(object, 'ready');
    await agent.start(waitingSite('  wait: true\n  timeout: 1h\n'), { target: agent.withHealth(broken) });
    expect(agent.readiness()).toBe('Unknown');
    await agent.clock.advance(10 * second);
    expect(agent.readiness()).toBe('True');
    const failures = () => agent.events.filter(({ kind }) => kind === 'failed');
    expect(failures()).toEqual([expect.objectContaining({ stage: 'health', code: 'TARGET_FAILED' })]);
    asked = 0;
    cut.abort();
    await agent.clock.advance(10 * second);
    expect(failures()).toHaveLength(2);
  });
});
