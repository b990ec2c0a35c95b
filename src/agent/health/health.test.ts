import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { Condition, DeliveryStatus, StateStore } from '../../api/index.ts';
import {
  type HealthWatch,
  type KubernetesObject,
  refOf,
  SealiftError,
  type SealiftEvent,
} from '../../core/index.ts';
import { compileHealth } from '../../health/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const second = 1_000;
const minute = 60 * second;

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let stop: AbortController;

function widget(name: string, fields: Record<string, unknown> = {}): KubernetesObject {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace: 'shop' }, ...fields };
}

const [a, b] = [widget('a'), widget('b')];

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [a, b];
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  stop = new AbortController();
  for (const object of [a, b]) says(object, 'busy');
});

afterEach(() => stop.abort());

type Said = 'ready' | 'busy' | 'stalled';

/** Its controller says how it is doing. */
function says(object: KubernetesObject, said: Said): void {
  const type = { ready: 'Ready', busy: 'Reconciling', stalled: 'Stalled' }[said];
  const conditions = [{ type, status: 'True', reason: 'Because', message: `it is ${said}` }];
  target.setStatus(refOf(object), { conditions });
}

function parts(changes: Partial<AgentParts> = {}): AgentParts {
  return {
    stages: registry.stages,
    target,
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: true,
    listener: (event) => events.push(event),
    ...changes,
  };
}

const waiting = '  wait: true\n  timeout: 40s\n';
const site = (spec = waiting) => siteOf(sourceYaml('app') + deliveryYaml('app', 'app', spec));

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

async function start(desired = site(), changes: Partial<AgentParts> = {}): Promise<Engine> {
  const engine = new Engine(parts(changes), desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

function statusOf(name = 'app'): DeliveryStatus {
  const found = state.deliveries.find('edge', name);
  if (found === undefined) throw new Error(`no record of ${name}`);
  return found.status;
}

function said(name = 'app'): readonly string[] {
  const text = ({ type, status, reason, message }: Condition): string =>
    `${type}=${status}/${reason} "${message}"`;
  return statusOf(name).conditions.map(text);
}

const ready = (name = 'app'): string | undefined =>
  statusOf(name).conditions.find(({ type }) => type === 'Ready')?.status;

const kinds = (): readonly string[] => events.map(({ kind }) => kind);

const revision = 'stable@sha256:v1';
const running = `Running health checks for revision ${revision} with a timeout of 40s`;
const waitingStatus = [
  `Reconciling=True/Progressing "${running}"`,
  'Ready=Unknown/Progressing "Reconciliation in progress"',
  `Healthy=Unknown/Progressing "${running}"`,
];

describe('a delivery that waits for its objects', () => {
  it('is applied, and says what it does, in the words of Flux', async () => {
    await start();
    expect(target.text(refOf(a))).toBeDefined();
    expect(said()).toEqual(waitingStatus);
    expect(statusOf()).toMatchObject({ lastAttemptedRevision: revision });
    expect(statusOf().lastAppliedRevision).toBeUndefined();
    expect(kinds()).not.toContain('delivery-applied');
  });

  it('is ready as soon as all are current, and not before', async () => {
    await start();
    await clock.advance(5 * second);
    says(a, 'ready');
    await settleAll();
    expect(said()).toEqual(waitingStatus);
    says(b, 'ready');
    await settleAll();
    expect(said()).toEqual([
      `Ready=True/ReconciliationSucceeded "Applied revision: ${revision}"`,
      'Healthy=True/Succeeded "Health check passed in 5s"',
    ]);
    expect(statusOf()).toMatchObject({
      lastAppliedRevision: revision,
      history: [{ lastReconciledStatus: 'ReconciliationSucceeded', lastReconciledDuration: '5000ms' }],
    });
    expect(kinds().slice(-2)).toEqual(['health-passed', 'delivery-applied']);
  });

  it('is ready in spite of a disk that was full when it became so', async () => {
    let isFull = false;
    const { deliveries } = state;
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
    await start(site(), { state: { ...state, deliveries: onDisk } });
    isFull = true;
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    expect(ready()).toBe('Unknown');
    expect(events).toContainEqual(expect.objectContaining({ kind: 'failed', code: 'DISK_FAILED' }));
    isFull = false;
    await clock.advance(minute);
    expect(ready()).toBe('True');
  });

  it('has failed when its time is over, and names what is missing and why', async () => {
    await start();
    says(a, 'ready');
    await clock.advance(40 * second);
    const missing = "timeout waiting for: [Widget/shop/b status: 'InProgress': Because: it is busy]";
    expect(said()).toEqual([
      `Reconciling=True/ProgressingWithRetry "${running}"`,
      `Ready=False/HealthCheckFailed "health check failed after 40s: ${missing}"`,
      `Healthy=False/HealthCheckFailed "${missing}"`,
    ]);
    expect(statusOf()).toMatchObject({
      lastAttemptedRevision: revision,
      history: [{ lastReconciledStatus: 'HealthCheckFailed' }],
    });
    expect(events.at(-1)).toMatchObject({
      kind: 'failed',
      stage: 'health',
      code: 'HEALTH_CHECK_FAILED',
      revision,
      message: expect.stringContaining(missing),
    });
  });

  it('surprise 23: has failed at once when one object has', async () => {
    await start();
    await clock.advance(2 * second);
    says(b, 'stalled');
    await settleAll();
    expect(said()[1]).toBe(
      'Ready=False/HealthCheckFailed "health check failed after 2s: failed early due to stalled resources: [Widget/shop/b status: \'Failed\': Because: it is stalled]"',
    );
  });

  it('becomes ready at once after it has failed', async () => {
    await start();
    await clock.advance(41 * second);
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    expect(ready()).toBe('True');
    expect(statusOf().history?.map(({ lastReconciledStatus }) => lastReconciledStatus)).toEqual([
      'ReconciliationSucceeded',
      'HealthCheckFailed',
    ]);
  });

  it('tells a failure once, and again when it is another one', async () => {
    await start();
    says(a, 'stalled');
    await settleAll();
    await clock.advance(10 * minute);
    const told = (): number => events.filter(({ kind }) => kind === 'failed').length;
    expect(told()).toBe(1);
    says(b, 'ready');
    await settleAll();
    expect(told()).toBe(1);
    says(b, 'stalled');
    await settleAll();
    expect(told()).toBe(2);
  });

  it('is in a hurry for no run in between: its time goes on', async () => {
    await start(site('  wait: true\n  timeout: 15m\n'));
    await clock.advance(11 * minute);
    target.edit(refOf(a), undefined);
    says(a, 'busy');
    await settleAll();
    expect(target.text(refOf(a))).toBeDefined();
    await clock.advance(4 * minute - second);
    expect(ready()).toBe('Unknown');
    await clock.advance(second);
    expect(said()[1]).toContain('health check failed after 15m0s');
  });

  it('that was ready is not any more as soon as an object is not, and is again as soon as it is', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    await clock.advance(30 * minute);
    events.length = 0;
    says(b, 'busy');
    await settleAll();
    const missing = "waiting for: [Widget/shop/b status: 'InProgress': Because: it is busy]";
    expect(said()).toEqual([
      `Reconciling=True/Progressing "${running}"`,
      `Ready=Unknown/Progressing "${missing}"`,
      `Healthy=Unknown/Progressing "${missing}"`,
    ]);
    expect(statusOf().lastAppliedRevision).toBe(revision);
    await clock.advance(3 * second);
    says(b, 'ready');
    await settleAll();
    expect(said()[1]).toBe('Healthy=True/Succeeded "Health check passed in 3s"');
    expect(kinds()).toEqual(['health-lost', 'health-passed']);
  });

  it('that was ready has its whole time again, and then has failed', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    await clock.advance(30 * minute);
    says(b, 'busy');
    await settleAll();
    await clock.advance(39 * second);
    expect(ready()).toBe('Unknown');
    await clock.advance(second);
    expect(ready()).toBe('False');
  });

  it('that was ready tells that once, however often it fails on its way back', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    events.length = 0;
    for (const word of ['busy', 'stalled', 'busy', 'stalled'] as const) {
      says(a, word);
      await settleAll();
    }
    expect(kinds()).toEqual(['health-lost', 'failed', 'failed']);
  });

  it('that was ready has failed at once when an object has', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    says(a, 'stalled');
    await settleAll();
    expect(ready()).toBe('False');
  });

  it('waits no longer for what a newer revision replaces', async () => {
    await start(site('  wait: true\n  timeout: 1h\n'));
    registry.revision = 'v2';
    registry.objects = [widget('a', { spec: { size: 2 } })];
    await clock.advance(minute);
    await settleAll();
    expect(events.filter(({ kind }) => kind === 'health-cancelled')).toEqual([
      expect.objectContaining({ revision }),
    ]);
    expect(said()[0]).toContain('Running health checks for revision stable@sha256:v2');
    says(a, 'ready');
    await settleAll();
    expect(statusOf().lastAppliedRevision).toBe('stable@sha256:v2');
  });

  it('that is healthy has nothing to cancel when something newer comes, and waits for that', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    events.length = 0;
    registry.revision = 'v2';
    registry.objects = [widget('a', { spec: { size: 2 } })];
    says(a, 'busy');
    await settleAll();
    events.length = 0;
    await clock.advance(minute);
    await settleAll();
    expect(said()[2]).toContain(
      'Healthy=Unknown/Progressing "Running health checks for revision stable@sha256:v2',
    );
    expect(kinds().filter((kind) => kind.startsWith('health'))).toEqual([]);
  });

  it('lets go of what it waited for', async () => {
    let follows = 0;
    const counting: HealthWatch = {
      follow: async (...call) => {
        follows += 1;
        await target.health.follow(...call);
        follows -= 1;
      },
    };
    const engine = await start(site(), { target: withHealth(counting) });
    expect(follows).toBe(1);
    registry.revision = 'v2';
    await clock.advance(minute);
    await settleAll();
    expect(follows).toBe(1);
    engine.replace(siteOf(sourceYaml('app')));
    await settleAll();
    expect(state.deliveries.all()).toEqual([]);
    expect(follows).toBe(0);
  });

  it('says nothing of an older revision while a newer one is applied', async () => {
    await start(site('  wait: true\n  timeout: 1h\n'));
    const { build } = registry.stages;
    registry.revision = 'v2';
    let wasToldMeanwhile = false;
    const slow: typeof build = {
      build: async (...call) => {
        for (const object of [a, b]) says(object, 'ready');
        await settleAll();
        wasToldMeanwhile = ready() === 'True';
        for (const object of [a, b]) says(object, 'busy');
        return build.build(...call);
      },
    };
    stop.abort();
    stop = new AbortController();
    await start(site('  wait: true\n  timeout: 1h\n'), { stages: { ...registry.stages, build: slow } });
    await clock.advance(2 * minute);
    await settleAll();
    expect(wasToldMeanwhile).toBe(false);
    expect(ready()).toBe('Unknown');
  });

  it('waits anew when somebody asks for a run after a failure', async () => {
    const engine = await start();
    await clock.advance(40 * second);
    expect(ready()).toBe('False');
    const asked = deliveryYaml('app', 'app', waiting).replace(
      'namespace: edge}',
      'namespace: edge, annotations: {reconcile.fluxcd.io/requestedAt: "1"}}',
    );
    engine.replace(siteOf(sourceYaml('app') + asked));
    await settleAll();
    expect(said()).toEqual(waitingStatus);
    expect(statusOf().lastHandledReconcileAt).toBe('1');
    await clock.advance(40 * second);
    expect(ready()).toBe('False');
  });

  it('keeps those that depend on it waiting, and wakes them at once', async () => {
    const dependant = deliveryYaml('top', 'app', '  dependsOn: [{name: app}]\n');
    await start(siteOf(sourceYaml('app') + deliveryYaml('app', 'app', waiting) + dependant));
    expect(said('top')[0]).toContain('DependencyNotReady');
    registry.objects = [];
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    expect(said('top').at(-1)).not.toContain('DependencyNotReady');
  });

  it('holds no worker', async () => {
    const { stages } = registry;
    const build: typeof stages.build = {
      build: async ({ delivery }) => ({ objects: [widget(delivery.metadata.name)], warnings: [] }),
    };
    const names = Array.from({ length: 9 }, (_, at) => `slow${at}`);
    const health: HealthWatch = {
      follow: (_refs, _told, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    };
    const many = names.map((name) => deliveryYaml(name, 'app', waiting)).join('');
    await start(siteOf(sourceYaml('app') + many), {
      stages: { ...stages, build },
      target: withHealth(health),
    });
    expect(names.map(ready)).toEqual(names.map(() => 'Unknown'));
  });

  it('with nothing but what is always current passes at once', async () => {
    registry.objects = [configMap('c')];
    await start();
    expect(said().at(-1)).toBe('Healthy=True/Succeeded "Health check passed in 0s"');
  });

  it('does not wait for itself, nor for what is left as it is', async () => {
    const itself = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'edge' },
    };
    const ignored = widget('b');
    const annotations = { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' };
    registry.objects = [a, itself, { ...ignored, metadata: { ...ignored.metadata, annotations } }];
    await start();
    says(a, 'ready');
    target.setStatus(refOf(itself), { conditions: [{ type: 'Stalled', status: 'True' }] });
    await settleAll();
    expect(ready()).toBe('True');
  });

  it('does not miss a job that ends and goes by itself', async () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'shop' } };
    registry.objects = [{ ...job, spec: { ttlSecondsAfterFinished: 5 } }];
    const gone: HealthWatch = {
      follow: async (refs, told, signal) => {
        for (const ref of refs) told(ref, undefined);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    };
    await start(site(), { target: withHealth(gone) });
    expect(ready()).toBe('True');
  });

  it('in a target where nobody runs anything is ready when it is applied', async () => {
    await start(site(), { target: withHealth(undefined) });
    expect(said()).toEqual([`Ready=True/ReconciliationSucceeded "Applied revision: ${revision}"`]);
  });

  it('stops waiting when a run fails: the failure is what counts', async () => {
    await start();
    registry.revision = 'v2';
    registry.failing.set('build', new SealiftError('YAML_MALFORMED', 'app', 'no'));
    await clock.advance(minute);
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    expect(said().at(-1)).toContain('Ready=False/BuildFailed');
    registry.failing.clear();
    await clock.advance(10 * minute);
    expect(ready()).toBe('True');
  });

  it('that is suspended, or has left, is not looked at any more', async () => {
    const engine = await start();
    engine.replace(site(`${waiting}  suspend: true\n`));
    await settleAll();
    const before = said();
    says(a, 'stalled');
    await clock.advance(minute);
    expect(said()).toEqual(before);
    engine.replace(siteOf(sourceYaml('app') + deliveryYaml('other', 'app')));
    await clock.advance(minute);
    expect(state.deliveries.find('edge', 'app')).toBeUndefined();
  });

  /** What it says from now on of being ready. */
  function listen(): readonly (string | undefined)[] {
    const seen: (string | undefined)[] = [];
    const { deliveries } = state;
    const save = deliveries.save.bind(deliveries);
    deliveries.save = (record) => {
      save(record);
      seen.push(ready());
    };
    return seen;
  }

  it('writes nothing while one object after the other becomes healthy', async () => {
    const many = Array.from({ length: 20 }, (_, at) => widget(`w${at}`));
    registry.objects = many;
    for (const object of many) says(object, 'busy');
    await start();
    const seen = listen();
    for (const object of many) {
      says(object, 'ready');
      await settleAll();
    }
    expect(seen).toEqual(['True']);
  });

  it('tells a repair as one, also where its health was lost first', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    events.length = 0;
    says(b, 'busy');
    await settleAll();
    target.edit(refOf(b), undefined);
    await settleAll();
    expect(events.filter(({ kind }) => kind === 'object-changed')).toEqual([
      expect.objectContaining({ action: 'repaired' }),
    ]);
  });

  it('stays ready with a newer revision of the same objects', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    const seen = listen();
    registry.revision = 'v2';
    await clock.advance(minute);
    await settleAll();
    expect(statusOf().lastAppliedRevision).toBe('stable@sha256:v2');
    expect(new Set(seen)).toEqual(new Set(['True']));
    says(b, 'busy');
    await settleAll();
    expect(said()[0]).toContain('for revision stable@sha256:v2');
  });

  it('waits anew when it is asked to wait for something else', async () => {
    const engine = await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    const seen = listen();
    engine.replace(
      site('  healthChecks: [{apiVersion: example.com/v1, kind: Widget, name: a, namespace: shop}]\n'),
    );
    await settleAll();
    expect(seen).toEqual(['Unknown', 'True']);
  });

  it('stays ready when an object less is waited for', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    const seen = listen();
    const annotations = 'annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}';
    const text = target.text(refOf(b))?.replace('metadata:', `metadata:\n  ${annotations}`);
    target.edit(refOf(b), text);
    await settleAll();
    says(b, 'stalled');
    await settleAll();
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set(['True']));
  });

  it('writes nothing while nothing changes', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    let writes = 0;
    const { deliveries } = state;
    const save = deliveries.save.bind(deliveries);
    deliveries.save = (record) => {
      writes += 1;
      save(record);
    };
    for (let turn = 0; turn < 20; turn += 1) {
      says(a, 'ready');
      await settle();
    }
    expect(writes).toBe(0);
  });
});

/** The same target, with another way to tell health. */
function withHealth(health: HealthWatch | undefined): AgentParts['target'] {
  const { description } = target;
  return {
    description,
    observe: (...call) => target.observe(...call),
    write: (...call) => target.write(...call),
    remove: (...call) => target.remove(...call),
    watch: (...call) => target.watch(...call),
    ...(health === undefined ? {} : { health }),
  };
}

describe('healthChecks', () => {
  it('wait for the objects named, whoever delivers them', async () => {
    const checks =
      '  timeout: 40s\n  healthChecks: [{apiVersion: example.com/v2, kind: Widget, name: x, namespace: shop}]\n';
    await start(site(checks));
    expect(said().at(-1)).toContain('Running health checks');
    await target.write(widget('x'), { recreate: false }, stop.signal);
    await settleAll();
    expect(ready()).toBe('True');
  });

  it('are of the group apps where nothing else is said, and name what is not there', async () => {
    await start(
      site('  timeout: 40s\n  healthChecks: [{kind: Deployment, name: absent, namespace: shop}]\n'),
    );
    await clock.advance(40 * second);
    expect(said()[2]).toBe(
      'Healthy=False/HealthCheckFailed "timeout waiting for: [Deployment/shop/absent status: \'NotFound\': it is not there]"',
    );
  });

  it('do not count beside wait', async () => {
    await start(site(`${waiting}  healthChecks: [{kind: Deployment, name: absent, namespace: shop}]\n`));
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    expect(ready()).toBe('True');
  });
});

describe('timeout', () => {
  it.each([
    ['', '9m30s'],
    ['  timeout: 2m\n', '2m0s'],
    ['  timeout: 1s\n', '30s'],
  ])('of "%s" is what is waited at most', async (spec, text) => {
    await start(site(`  wait: true\n${spec}`));
    expect(said()[0]).toContain(`with a timeout of ${text}`);
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
    registry.objects = [a];
    await start(site(expressions("status.phase == 'Done'")));
    target.setStatus(refOf(a), { phase: 'Busy' });
    await settleAll();
    expect(ready()).toBe('Unknown');
    target.setStatus(refOf(a), { phase: 'Broken' });
    await settleAll();
    expect(ready()).toBe('False');
    target.setStatus(refOf(a), { phase: 'Done' });
    await settleAll();
    expect(ready()).toBe('True');
  });

  it('that cannot be read are told, before anything is applied', async () => {
    await start(site(expressions('status.phase ==')));
    expect(target.text(refOf(a))).toBeUndefined();
    expect(said().at(-1)).toContain('Ready=False/InvalidCELExpression');
    expect(said().at(-1)).toContain('spec.healthCheckExprs[0].current: line 1, column 16');
  });
});

describe('an agent that starts again', () => {
  async function restart(changes: Partial<AgentParts> = {}): Promise<void> {
    stop.abort();
    await settleAll();
    stop = new AbortController();
    events.length = 0;
    await start(site(), changes);
  }

  it('leaves ready what was, and tells nobody', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    const before = said();
    await restart();
    expect(said()).toEqual(before);
    expect(kinds().filter((kind) => kind.startsWith('health') || kind === 'delivery-applied')).toEqual([]);
    says(a, 'stalled');
    await settleAll();
    expect(ready()).toBe('False');
  });

  it('sees what was lost meanwhile', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    stop.abort();
    await settleAll();
    says(b, 'busy');
    await restart();
    expect(said()[1]).toContain(
      "Ready=Unknown/Progressing \"waiting for: [Widget/shop/b status: 'InProgress'",
    );
    expect(kinds()).toContain('health-lost');
  });

  it('does not take for ready what was ready once and had failed', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    says(b, 'stalled');
    await settleAll();
    stop.abort();
    await settleAll();
    const silent: HealthWatch = {
      follow: (_refs, _told, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    };
    await restart({ target: withHealth(silent) });
    expect(ready()).toBe('Unknown');
  });

  it('waits for what it repairs at its start', async () => {
    await start();
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    stop.abort();
    await settleAll();
    target.edit(refOf(b), undefined);
    says(b, 'busy');
    await restart();
    expect(said()).toEqual(waitingStatus);
    expect(kinds()).not.toContain('health-lost');
  });

  it('waits on for what it waited for', async () => {
    await start();
    await restart();
    expect(said()).toEqual(waitingStatus);
    for (const object of [a, b]) says(object, 'ready');
    await settleAll();
    expect(ready()).toBe('True');
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
        if (asked > 3) await target.health.follow(refs, told, AbortSignal.any([signal, cut.signal]));
        cut = new AbortController();
        throw new SealiftError('TARGET_FAILED', 'cluster', 'connection refused');
      },
    };
    for (const object of [a, b]) says(object, 'ready');
    await start(site('  wait: true\n  timeout: 1h\n'), { target: withHealth(broken) });
    expect(ready()).toBe('Unknown');
    await clock.advance(10 * second);
    expect(ready()).toBe('True');
    const failures = () => events.filter(({ kind }) => kind === 'failed');
    expect(failures()).toEqual([expect.objectContaining({ stage: 'health', code: 'TARGET_FAILED' })]);
    asked = 0;
    cut.abort();
    await clock.advance(10 * second);
    expect(failures()).toHaveLength(2);
  });
});

describe('a single pass', () => {
  it('ends when everything is healthy, in the order of dependencies', async () => {
    const dependant = deliveryYaml('top', 'app', '  dependsOn: [{name: app}]\n');
    const desired = siteOf(sourceYaml('app') + dependant + deliveryYaml('app', 'app', waiting));
    const ended = converge(parts(), desired, stop.signal);
    await settleAll();
    expect(ready()).toBe('Unknown');
    for (const object of [a, b]) says(object, 'ready');
    const { failures } = await ended;
    expect(failures.filter(({ error }) => error.code !== 'TARGET_CONFLICT')).toEqual([]);
    expect(said('top').at(-1)).not.toContain('DependencyNotReady');
    expect(clock.sleeping).toEqual([]);
  });

  it('names what did not become healthy in time', async () => {
    const ended = converge(parts(), site(), stop.signal);
    await settleAll();
    await clock.advance(40 * second);
    const { failures } = await ended;
    expect(failures).toEqual([
      {
        subject: { kind: 'Kustomization', namespace: 'edge', name: 'app' },
        error: expect.objectContaining({ code: 'HEALTH_CHECK_FAILED' }),
      },
    ]);
  });

  it('can be ended while it waits', async () => {
    const ended = converge(parts(), site(), stop.signal);
    await settleAll();
    stop.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
    expect(clock.sleeping).toEqual([]);
  });
});

describe('whatever happens, in whatever order', () => {
  type Name = 'a' | 'b';
  type Newest = Map<Name, Said>;
  type Step = (newest: Newest) => Promise<void> | void;

  const name = fc.constantFrom<Name>('a', 'b');
  const word = fc.constantFrom<Said>('ready', 'busy', 'stalled');
  const sayWord = (object: Name, word: Said, newest: Newest): void => {
    newest.set(object, word);
    says(widget(object), word);
  };
  const restart = async (): Promise<void> => {
    stop.abort();
    await settleAll();
    stop = new AbortController();
    await start();
  };
  const steps: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(name, word).map(
        ([one, said]) =>
          (newest: Newest) =>
            sayWord(one, said, newest),
      ),
    },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 2 * minute }).map((ms) => () => clock.advance(ms)) },
    fc.nat().map((next) => () => {
      registry.revision = `v${next}`;
    }),
    name.map((one) => (newest: Newest) => {
      target.edit(refOf(widget(one)), undefined);
      sayWord(one, 'busy', newest);
    }),
    fc.constant(restart),
  );

  function startAnew(): void {
    registry = new FakeStages();
    registry.objects = [a, b];
    target = createMemoryTarget();
    clock = new FakeClock();
    state = createMemoryStateStore();
    stop = new AbortController();
  }

  it('is never ready while an object is not, and ready when all are', async () => {
    const property = fc.asyncProperty(fc.array(steps, { maxLength: 12 }), async (story) => {
      startAnew();
      const newest: Newest = new Map();
      for (const one of ['a', 'b'] as const) sayWord(one, 'busy', newest);
      await start();
      for (const step of story) {
        await step(newest);
        await settleAll();
        const words = [...newest.values()];
        expect(ready() === 'True').toBe(words.every((said) => said === 'ready'));
        if (words.includes('stalled')) expect(ready()).toBe('False');
      }
      await clock.advance(3 * minute);
      await settleAll();
      const isReady = [...newest.values()].every((said) => said === 'ready');
      expect(ready()).toBe(isReady ? 'True' : 'False');
      stop.abort();
      await settleAll();
      expect(clock.sleeping).toEqual([]);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
