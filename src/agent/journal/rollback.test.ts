import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages, registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { Condition, DeliveryStatus, DesiredState, StateStore } from '../../api/index.ts';
import { type KubernetesObject, refOf, SealiftError, type SealiftEvent } from '../../core/index.ts';
import { compileHealth } from '../../health/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const minute = 60_000;

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let stop: AbortController;
/** Objects that the target refuses, with why. */
let refused: Map<string, SealiftError>;
/** What each revision builds to. */
let trees: Map<string, readonly KubernetesObject[]>;

beforeEach(() => {
  registry = new FakeStages();
  trees = new Map();
  refused = new Map();
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  stop = new AbortController();
});

afterEach(() => stop.abort());

/** Revisions build to what they hold, a target refuses what it does not like. */
function parts(): AgentParts {
  const { stages } = registry;
  const write: MemoryTarget['write'] = async (object, options, signal) => {
    const fault = refused.get(versionOf(object));
    if (fault !== undefined) throw fault;
    return target.write(object, options, signal);
  };
  const wrapped = new Proxy(target, {
    get: (held, key) => {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(held, key, held);
      return typeof value === 'function' ? value.bind(held) : value;
    },
  });
  return {
    stages: {
      ...stages,
      build: {
        build: (request, signal) => {
          registry.objects = trees.get(request.artifact.digest.slice('sha256:'.length)) ?? [];
          if (registry.objects.length === 0)
            throw new SealiftError('YAML_MALFORMED', request.artifact.revision, 'no YAML');
          return stages.build.build(request, signal);
        },
      },
    },
    target: wrapped,
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: true,
    listener: (event) => events.push(event),
  };
}

function versionOf({ data }: KubernetesObject): string {
  return (data as { version?: string } | undefined)?.version ?? '';
}

const revisionOf = (version: string): string => `stable@sha256:${version}`;

/** ConfigMaps that say which version they are of. */
const mapsOf = (version: string, ...names: readonly string[]): readonly KubernetesObject[] =>
  names.map((name) => configMap(name, { version }));

interface SiteOptions {
  readonly spec?: string;
  readonly rollback?: string;
  readonly asked?: string;
}

function site({ spec = '', rollback = 'enabled', asked }: SiteOptions = {}): DesiredState {
  const request = asked === undefined ? '' : `, reconcile.fluxcd.io/requestedAt: "${asked}"`;
  const annotations = `annotations: {sealift.dev/rollback: ${rollback}${request}}`;
  const delivery = deliveryYaml('app', 'app', spec).replace(
    'namespace: edge}',
    `namespace: edge, ${annotations}}`,
  );
  return siteOf(sourceYaml('app') + delivery);
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 15; turn += 1) await settle();
}

async function start(desired = site()): Promise<Engine> {
  const engine = new Engine(parts(), desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

/** As the power does it: nothing is told to anybody. */
async function restart(desired = site()): Promise<Engine> {
  stop.abort();
  await settleAll();
  stop = new AbortController();
  return start(desired);
}

async function publish(version: string, objects: readonly KubernetesObject[]): Promise<void> {
  trees.set(version, objects);
  registry.revision = version;
  await clock.advance(minute);
  await settleAll();
}

function statusOf(name = 'app'): DeliveryStatus {
  const found = state.deliveries.find('edge', name);
  if (found === undefined) throw new Error(`no record of ${name}`);
  return found.status;
}

const said = (): readonly string[] =>
  statusOf().conditions.map(
    ({ type, status, reason, message }: Condition) => `${type}=${status}/${reason} "${message}"`,
  );

const stageOf = (): string | undefined => state.deliveries.find('edge', 'app')?.journal?.attempt?.stage;

/** Version of each object in the target. */
function live(...names: readonly string[]): readonly (string | undefined)[] {
  return names.map((name) => {
    const text = target.text(refOf(configMap(name)));
    return text === undefined ? undefined : /version: (\w+)/.exec(text)?.[1];
  });
}

const kinds = (): readonly string[] => events.map(({ kind }) => kind);

const denied = new SealiftError('TARGET_ADMISSION_DENIED', 'ConfigMap/shop/a', 'denied the request: no');

async function withBad(): Promise<Engine> {
  trees.set('v1', mapsOf('v1', 'a', 'b'));
  const engine = await start();
  refused.set('v2', denied);
  await publish('v2', mapsOf('v2', 'a', 'c'));
  return engine;
}

describe('a delivery that goes back to its last good revision', () => {
  it('does so when the target refuses an object, and says which revision failed, why, and what is in force', async () => {
    trees.set('v1', mapsOf('v1', 'a', 'b'));
    await start();
    expect(stageOf()).toBeUndefined();
    refused.set('v2', denied);
    await publish('v2', [...mapsOf('v0', 'c'), ...mapsOf('v2', 'a')]);
    expect(live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    const message = `revision ${revisionOf('v2')} failed: ${target.description}: 1 object could not be delivered: ConfigMap/shop/a denied the request: no; deletions that wait until every write is through: 1; the last good one, ${revisionOf('v1')}, is in force again`;
    expect(said()).toEqual([`Stalled=True/RolledBack "${message}"`, `Ready=False/RolledBack "${message}"`]);
    expect(statusOf()).toMatchObject({
      lastAppliedRevision: revisionOf('v1'),
      lastAttemptedRevision: revisionOf('v2'),
      history: [
        { lastReconciledStatus: 'ReconciliationSucceeded', metadata: { revision: revisionOf('v1') } },
        { lastReconciledStatus: 'ReconciliationFailed', metadata: { revision: revisionOf('v2') } },
      ],
    });
    expect(kinds().filter((kind) => kind.startsWith('roll'))).toEqual(['rollback-begun', 'rolled-back']);
  });

  it('goes back from a revision that does not build, and repairs drift of what is in force', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    await start();
    await publish('v2', []);
    expect(said()[1]).toContain('RolledBack');
    target.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(live('a')).toEqual(['v1']);
    expect(statusOf().lastAppliedRevision).toBe(revisionOf('v1'));
  });

  it('does nothing of the kind where nobody asked for it, and forgets what it knew when it is switched off', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    const engine = await start();
    expect(state.deliveries.find('edge', 'app')?.journal?.good?.layer.revision).toBe(revisionOf('v1'));
    engine.replace(site({ rollback: 'disabled' }));
    await settleAll();
    expect(state.deliveries.find('edge', 'app')?.journal).toBeUndefined();
    refused.set('v2', denied);
    await publish('v2', mapsOf('v2', 'a'));
    expect(said()[1]).toContain('ReconciliationFailed');
  });

  it.each([
    ['the API server is away', new SealiftError('TARGET_UNREACHABLE', 'x', 'connection refused')],
    ['the quota is used up', new SealiftError('TARGET_QUOTA', 'x', 'exceeded quota')],
    ['a kind is not known yet', new SealiftError('TARGET_KIND_UNKNOWN', 'x', 'no such kind')],
  ])('goes on trying while %s', async (_, fault) => {
    trees.set('v1', mapsOf('v1', 'a'));
    await start();
    refused.set('v2', fault);
    await publish('v2', mapsOf('v2', 'a'));
    expect(stageOf()).toBe('trying');
    refused.clear();
    await clock.advance(10 * minute);
    await settleAll();
    expect(live('a')).toEqual(['v2']);
    expect(stageOf()).toBeUndefined();
  });

  it('does not try again what failed, at no poll, interval or start', async () => {
    await withBad();
    refused.clear();
    await clock.advance(60 * minute);
    await restart();
    await clock.advance(60 * minute);
    expect(live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    expect(said()[1]).toContain('RolledBack');
    expect(kinds().filter((kind) => kind === 'delivery-applied')).toHaveLength(2);
  });

  it('takes the next revision, and what failed is forgotten when that holds', async () => {
    await withBad();
    await publish('v3', mapsOf('v3', 'a', 'b'));
    expect(live('a', 'b', 'c')).toEqual(['v3', 'v3', undefined]);
    expect(said()).toEqual([`Ready=True/ReconciliationSucceeded "Applied revision: ${revisionOf('v3')}"`]);
    expect(state.deliveries.find('edge', 'app')?.journal).toMatchObject({
      good: { layer: { revision: revisionOf('v3') } },
    });
    expect(stageOf()).toBeUndefined();
  });

  it('is ready again when the source goes back itself', async () => {
    await withBad();
    await publish('v1', mapsOf('v1', 'a', 'b'));
    expect(said()).toEqual([`Ready=True/ReconciliationSucceeded "Applied revision: ${revisionOf('v1')}"`]);
    expect(statusOf().lastAttemptedRevision).toBe(revisionOf('v1'));
  });

  it.each([
    ['somebody asks for it', site({ asked: 'now' })],
    ['the spec is another one', site({ spec: '  force: true\n' })],
    ['it may not go back any more', site({ rollback: 'disabled' })],
  ])('tries again what failed when %s', async (_, desired) => {
    const engine = await withBad();
    refused.clear();
    engine.replace(desired);
    await settleAll();
    expect(live('a', 'b', 'c')).toEqual(['v2', undefined, 'v2']);
    expect(said()).toEqual([`Ready=True/ReconciliationSucceeded "Applied revision: ${revisionOf('v2')}"`]);
  });

  it('goes back again where what was asked for fails again', async () => {
    const engine = await withBad();
    engine.replace(site({ asked: 'now' }));
    await settleAll();
    expect(live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    expect(said()[1]).toContain('RolledBack');
    expect(statusOf().lastHandledReconcileAt).toBe('now');
  });

  it('leaves all as it is where what held last is not accepted any more, and goes on when it is', async () => {
    trees.set('v1', mapsOf('v1', 'a', 'b'));
    await start();
    refused.set('v2', denied);
    registry.again.set('sha256:v1', 'refused');
    await publish('v2', [...mapsOf('v0', 'c'), ...mapsOf('v2', 'a')]);
    expect(live('a', 'b', 'c')).toEqual(['v1', 'v1', 'v0']);
    expect(said().find((one) => one.startsWith('Ready'))).toMatch(
      /^Ready=False\/RollbackFailed "revision stable@sha256:v2 failed: .*; the last good one, stable@sha256:v1, does not hold either: stable@sha256:v1: no signature found"$/,
    );
    expect(stageOf()).toBe('returning');
    registry.again.clear();
    await clock.advance(10 * minute);
    await settleAll();
    expect(live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    expect(stageOf()).toBe('returned');
  });

  it('goes back although what failed is refused meanwhile, and the registry is away', async () => {
    trees.set('v1', mapsOf('v1', 'a', 'b'));
    await start();
    refused.set('v1', new SealiftError('TARGET_UNREACHABLE', 'x', 'connection refused'));
    refused.set('v2', denied);
    await publish('v2', [...mapsOf('v0', 'b'), ...mapsOf('v2', 'a')]);
    expect(stageOf()).toBe('returning');
    expect(live('a', 'b')).toEqual(['v1', 'v0']);
    registry.failing.set('resolve', registryDown());
    registry.failing.set('fetch', registryDown());
    registry.again.set('sha256:v2', 'refused');
    registry.trust = 'another';
    refused.clear();
    await restart();
    await clock.advance(10 * minute);
    await settleAll();
    expect(live('a', 'b')).toEqual(['v1', 'v1']);
    expect(stageOf()).toBe('returned');
  });

  it('has no way back without a revision that held', async () => {
    refused.set('v1', denied);
    trees.set('v1', mapsOf('v1', 'a'));
    await start();
    expect(said()[1]).toContain('ReconciliationFailed');
    refused.set('v2', denied);
    await publish('v2', mapsOf('v2', 'a'));
    expect(said()[1]).toContain('ReconciliationFailed');
    expect(state.deliveries.find('edge', 'app')?.journal?.good).toBeUndefined();
  });

  it('takes away what the revision that failed brought, however much it is', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    await start();
    refused.set('v2', denied);
    const many = Array.from({ length: 20 }, (_, at) => `n${at}`);
    await publish('v2', [...mapsOf('v0', ...many), ...mapsOf('v2', 'a')]);
    expect(live(...many).every((one) => one === undefined)).toBe(true);
    expect(said()[1]).toContain('RolledBack');
  });

  it('is one pass of a site that converges once, and that it went back is a failure of each pass', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    const codes = async (): Promise<readonly string[]> => {
      const { failures } = await converge(parts(), site(), stop.signal);
      return failures.map(({ error }) => error.code);
    };
    expect(await codes()).toEqual([]);
    refused.set('v2', denied);
    trees.set('v2', mapsOf('v2', 'a', 'b'));
    registry.revision = 'v2';
    expect(await codes()).toEqual(['TARGET_ADMISSION_DENIED', 'DELIVERY_ROLLED_BACK']);
    expect(live('a', 'b')).toEqual(['v1', undefined]);
    expect(await codes()).toEqual(['DELIVERY_ROLLED_BACK']);
  });
});

describe('a delivery whose objects do not become healthy', () => {
  const waiting = site({ spec: '  wait: true\n  timeout: 40s\n' });

  /** Its controller says so. */
  function says(name: string, type: 'Ready' | 'Stalled' | 'Reconciling'): void {
    const conditions = [{ type, status: 'True', reason: 'Because', message: `it is ${type}` }];
    target.setStatus(refOf(configMap(name)), { conditions });
  }

  it('goes back as soon as one has failed, and is back when what held is healthy', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    await start(waiting);
    expect(said()[0]).toContain('Ready=True');
    says('c', 'Stalled');
    await publish('v2', mapsOf('v2', 'a', 'c'));
    expect(live('a', 'c')).toEqual(['v1', undefined]);
    expect(stageOf()).toBe('returned');
    expect(said()[1]).toMatch(
      /^Ready=False\/RolledBack "revision stable@sha256:v2 failed: .*ConfigMap\/shop\/c status: 'Failed': Because: it is Stalled\]; the last good one, stable@sha256:v1, is in force again"$/,
    );
    expect(said()[2]).toContain('Healthy=True');
  });

  it('goes back when its time is over, and not before', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    await start(waiting);
    says('c', 'Reconciling');
    await publish('v2', mapsOf('v2', 'a', 'c'));
    expect(live('a', 'c')).toEqual(['v2', 'v2']);
    expect(stageOf()).toBe('trying');
    await clock.advance(41_000);
    await settleAll();
    expect(live('a', 'c')).toEqual(['v1', undefined]);
    expect(statusOf()).toMatchObject({
      lastAppliedRevision: revisionOf('v1'),
      lastAttemptedRevision: revisionOf('v2'),
    });
  });

  it('says so while what held is not healthy either, and is back when it is', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    await start(waiting);
    says('a', 'Stalled');
    says('c', 'Stalled');
    await publish('v2', mapsOf('v2', 'a', 'c'));
    expect(live('a', 'c')).toEqual(['v1', undefined]);
    expect(said().find((one) => one.startsWith('Ready'))).toContain('RollbackFailed');
    says('a', 'Ready');
    await settleAll();
    expect(said()[1]).toContain('RolledBack');
    expect(stageOf()).toBe('returned');
  });

  it('does not go anywhere when what held becomes unhealthy later', async () => {
    trees.set('v1', mapsOf('v1', 'a'));
    await start(waiting);
    says('a', 'Stalled');
    await settleAll();
    expect(said().find((one) => one.startsWith('Ready'))).toContain('HealthCheckFailed');
    expect(stageOf()).toBeUndefined();
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
    registry.objectsOf.set('late', [configMap('late')]);
    registry.objectsOf.set('strict', [configMap('strict')]);
    trees.set('v1', mapsOf('v1', 'a'));
    await start(desired);
    says('c', 'Stalled');
    await publish('v2', mapsOf('v2', 'a', 'c'));
    const reason = (name: string): string | undefined =>
      statusOf(name).conditions.find(({ type }) => type === 'Ready')?.reason;
    expect(reason('late')).toBe('ReconciliationSucceeded');
    expect(reason('strict')).toBe('DependencyNotReady');
    expect(statusOf('strict').lastAppliedRevision).toBe(revisionOf('v1'));
  });
});
