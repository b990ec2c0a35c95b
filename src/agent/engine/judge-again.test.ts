import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages, registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { DesiredState, SourceRecord, StateStore } from '../../api/index.ts';
import { refOf, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const minute = 60_000;
const hour = 60 * minute;

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let stop: AbortController;

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [configMap('a')];
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  stop = new AbortController();
});

afterEach(() => stop.abort());

function parts(): AgentParts {
  return {
    stages: registry.stages,
    target,
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: true,
    listener: (event) => events.push(event),
  };
}

/** A site under a policy with this key; the spec is added to that of its source. */
function trusting(key: string, spec = ''): DesiredState {
  return siteOf(`${sourceYaml('app', spec)}${deliveryYaml('app', 'app')}---
apiVersion: sealift.dev/v1alpha1
kind: VerificationPolicy
metadata: {name: release, namespace: edge}
spec:
  match: {repositories: ["registry.example/**"]}
  authorities: [{name: key, key: {data: ${key}}}]
`);
}

async function start(desired = trusting('old')): Promise<Engine> {
  const engine = new Engine(parts(), desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

async function replace(engine: Engine, desired: DesiredState): Promise<void> {
  engine.replace(desired);
  await settleAll();
}

function record(): SourceRecord {
  const found = state.sources.find('edge', 'app');
  if (found === undefined) throw new Error('no record');
  return found;
}

function condition(type: string): string | undefined {
  return record().status.conditions.find((candidate) => candidate.type === type)?.status;
}

/** Whether what is delivered is repaired after another hand took it away: only from what may be applied. */
async function isApplied(): Promise<boolean> {
  target.edit(refOf(configMap('a')), undefined);
  await settleAll();
  return target.text(refOf(configMap('a'))) !== undefined;
}

function failures(): readonly (readonly [stage: string, code: string])[] {
  return events.flatMap((event) => (event.kind === 'failed' ? [[event.stage, event.code]] : []));
}

/** The tag moves on to something that is refused, under whatever policy. */
async function moveOnToRefused(): Promise<void> {
  registry.again.set('sha256:v1', 'accepted');
  registry.revision = 'v2';
  registry.verdict = 'refused';
  await clock.advance(minute);
}

describe('what is in force, when policies change', () => {
  it('stays in force when it is still accepted, although its tag has moved on to something refused', async () => {
    const engine = await start();
    await moveOnToRefused();
    await replace(engine, trusting('new'));
    expect(registry.calls.judge).toBe(1);
    expect(await isApplied()).toBe(true);
    expect(condition('Ready')).toBe('False');
  });

  it('stays in force although the registry is away', async () => {
    const engine = await start();
    for (const stage of ['resolve', 'verify', 'fetch'] as const) registry.failing.set(stage, registryDown());
    await replace(engine, trusting('new'));
    expect(await isApplied()).toBe(true);
  });

  it('is found no longer fresh when something else is asked, although nothing new is published', async () => {
    await start();
    registry.freshnessBasis = 'of a site without a name';
    registry.freshness = { kind: 'stale', code: 'REVISION_OTHER_AUDIENCE', detail: 'for others' };
    await clock.advance(10 * minute);
    expect([condition('Fresh'), condition('Ready')]).toEqual(['False', 'True']);
    expect(failures()).toEqual([['verify', 'REVISION_OTHER_AUDIENCE']]);
    const { verify } = registry.calls;
    await clock.advance(10 * minute);
    expect(registry.calls.verify).toBe(verify);
  });

  it('keeps what a policy warned of how fresh it is, as long as that policy is there to warn', async () => {
    const warning = {
      code: 'REVISION_EXPIRED',
      subject: 'VerificationPolicy/edge/try',
      detail: 'expired',
    } as const;
    registry.freshness = { kind: 'fresh', moves: [], floors: [], times: [], warnings: [warning] };
    const tries = (key: string): DesiredState => {
      const { policies, ...others } = trusting(key);
      const trying = policies.map(({ metadata, spec, ...policy }) => ({
        ...policy,
        metadata: { ...metadata, name: 'try' },
        spec: { ...spec, mode: 'warn' as const },
      }));
      return { ...others, policies: [...policies, ...trying] };
    };
    const engine = await start(tries('old'));
    expect(condition('PolicyWarning')).toBe('True');
    for (const stage of ['resolve', 'verify', 'fetch'] as const) registry.failing.set(stage, registryDown());
    await replace(engine, tries('new'));
    expect([registry.calls.judge, condition('PolicyWarning')]).toEqual([1, 'True']);
    await replace(engine, trusting('new'));
    expect([registry.calls.judge, condition('PolicyWarning')]).toEqual([2, undefined]);
  });

  it('is judged at once, although every poll waits for a registry that does not answer', async () => {
    const { stages, ...others } = parts();
    const silent: AgentParts['stages']['resolve'] = {
      resolve: (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    await start();
    stop.abort();
    await settleAll();
    stop = new AbortController();
    const hanging = [1, 2, 3, 4, 5].map((number) => sourceYaml(`slow-${number}`)).join('');
    const { sources } = siteOf(hanging);
    const desired = trusting('new');
    const engine = new Engine(
      { ...others, stages: { ...stages, resolve: silent } },
      { ...desired, sources: [...sources, ...desired.sources] },
    );
    void engine.run(stop.signal);
    await settleAll();
    expect(await isApplied()).toBe(true);
  });

  it('is not judged again when nothing changes that its verdict rests on', async () => {
    const engine = await start();
    await replace(engine, trusting('old', '  ignore: "*.md"'));
    expect(registry.calls.judge).toBe(0);
  });

  it('is judged once for each change, not at every poll', async () => {
    const engine = await start();
    await replace(engine, trusting('new'));
    await clock.advance(10 * minute);
    expect(registry.calls.judge).toBe(1);
  });

  it('is judged where its source is suspended as well', async () => {
    const engine = await start();
    registry.verdict = 'refused';
    await replace(engine, trusting('new', '  suspend: true'));
    expect(condition('SourceVerified')).toBe('False');
    expect(await isApplied()).toBe(false);
  });
});

describe('a trusted root that is exchanged while a verdict is made', () => {
  it('has what is judged again judged once more', async () => {
    const engine = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    registry.beforeJudging = promise;
    await replace(engine, trusting('new'));
    registry.trust = 'exchanged';
    resolve();
    await settleAll();
    expect(record().basis).toBe('');
    registry.again.set('sha256:v1', 'refused');
    await clock.advance(2_000);
    expect(record().revoked).toBe(true);
  });

  it('has what was polled judged again', async () => {
    const { stages } = registry;
    const exchanging: AgentParts['stages']['fetch'] = {
      fetch: (...call) => {
        registry.trust = 'exchanged';
        return stages.fetch.fetch(...call);
      },
    };
    const engine = new Engine({ ...parts(), stages: { ...stages, fetch: exchanging } }, trusting('old'));
    void engine.run(stop.signal);
    await settleAll();
    expect(registry.calls.judge).toBe(1);
    expect(await isApplied()).toBe(true);
  });
});

describe('what is in force and refused', () => {
  it('is not applied any more, said so once, and left where it is', async () => {
    const engine = await start();
    registry.verdict = 'refused';
    await replace(engine, trusting('new'));
    await clock.advance(5 * minute);
    expect(target.text(refOf(configMap('a')))).toBeDefined();
    expect([condition('Ready'), condition('SourceVerified')]).toEqual(['False', 'False']);
    expect(failures()).toEqual([['verify', 'SIGNATURE_MISSING']]);
    expect(await isApplied()).toBe(false);
  });

  it('stays reported while the registry is away', async () => {
    const engine = await start();
    registry.verdict = 'refused';
    registry.failing.set('resolve', registryDown());
    await replace(engine, trusting('new'));
    await clock.advance(5 * minute);
    expect(condition('SourceVerified')).toBe('False');
  });

  it('is told to its deliveries at once when a poll finds it refused', async () => {
    const engine = await start();
    registry.verdict = 'refused';
    await replace(engine, trusting('old', '  ignore: "*.md"'));
    const [delivery] = state.deliveries.all();
    expect(delivery?.status.conditions.find(({ type }) => type === 'Ready')?.reason).toBe('ArtifactFailed');
  });

  it('is no longer in force when a poll was faster: what that accepted stays', async () => {
    const engine = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    registry.beforeJudging = promise;
    registry.again.set('sha256:v1', 'refused');
    registry.revision = 'v2';
    await replace(engine, trusting('new'));
    expect(record().layer?.revision).toBe('stable@sha256:v2');
    resolve();
    await settleAll();
    expect(record().revoked).toBeUndefined();
    expect(await isApplied()).toBe(true);
  });

  it('is taken up again without the registry when it is accepted again', async () => {
    const engine = await start();
    registry.failing.set('resolve', registryDown());
    registry.verdict = 'refused';
    await replace(engine, trusting('new'));
    expect(await isApplied()).toBe(false);
    registry.verdict = 'accepted';
    await replace(engine, trusting('old'));
    await settleAll();
    expect(target.text(refOf(configMap('a')))).toBeDefined();
    expect(events.map(({ kind }) => kind)).toContain('source-recovered');
    expect(record().status.artifact?.revision).toBe('stable@sha256:v1');
  });

  it('makes way for the next revision that is accepted', async () => {
    const engine = await start();
    registry.again.set('sha256:v1', 'refused');
    registry.failing.set('resolve', registryDown());
    await replace(engine, trusting('new'));
    registry.failing.clear();
    registry.revision = 'v2';
    await clock.advance(minute);
    expect(await isApplied()).toBe(true);
    expect(record().revoked).toBeUndefined();
  });

  it('stays refused after a restart, without being judged once more', async () => {
    const engine = await start();
    registry.verdict = 'refused';
    await replace(engine, trusting('new'));
    const judged = registry.calls.judge;
    stop.abort();
    await settleAll();
    stop = new AbortController();
    await start(trusting('new'));
    expect(registry.calls.judge).toBe(judged);
    expect(await isApplied()).toBe(false);
  });

  it('is refused in a single pass too, and reported for a suspended source, which nobody polls', async () => {
    const { signal } = stop;
    await converge(parts(), trusting('old'), signal);
    registry.verdict = 'refused';
    const { failures: failed } = await converge(parts(), trusting('new', '  suspend: true'), signal);
    expect(failed[0]?.error.code).toBe('SIGNATURE_MISSING');
    expect(target.text(refOf(configMap('a')))).toBeDefined();
  });
});

describe('what is in force and cannot be judged', () => {
  it('is held back, said so once, and judged as soon as that can be done', async () => {
    const engine = await start();
    for (const stage of ['resolve', 'judge'] as const) registry.failing.set(stage, registryDown());
    await replace(engine, trusting('new'));
    expect(await isApplied()).toBe(false);
    expect(record().status.artifact?.revision).toBe('stable@sha256:v1');
    expect(failures()).toContainEqual(['verify', 'REGISTRY_UNREACHABLE']);
    registry.failing.delete('judge');
    await clock.advance(minute);
    await settleAll();
    expect(target.text(refOf(configMap('a')))).toBeDefined();
  });

  it('is not asked for over and over', async () => {
    const engine = await start();
    for (const stage of ['resolve', 'judge'] as const) registry.failing.set(stage, registryDown());
    await replace(engine, trusting('new'));
    await clock.advance(hour);
    expect(registry.calls.judge).toBeLessThanOrEqual(130);
    expect(failures().filter(([stage]) => stage === 'verify')).toHaveLength(1);
    expect(failures().length).toBeLessThanOrEqual(2);
    expect(condition('SourceVerified')).toBe('Unknown');
  });
});

describe('a verdict that ends', () => {
  const start2026 = Date.parse('2026-01-01T00:00:00Z');

  it('is made again when it ends, by a timer, and what is refused then is not applied any more', async () => {
    registry.validUntil = start2026 + 3 * hour;
    await start();
    registry.failing.set('resolve', registryDown());
    await clock.advance(3 * hour - minute);
    expect(registry.calls.judge).toBe(0);
    registry.verdict = 'refused';
    await clock.advance(2 * minute);
    expect(registry.calls.judge).toBe(1);
    expect(await isApplied()).toBe(false);
  });

  it('is renewed without a word while it is still accepted', async () => {
    registry.validUntil = start2026 + hour;
    await start();
    const told = events.length;
    registry.validUntil = start2026 + 2 * hour;
    await clock.advance(hour + minute);
    expect(record().validUntil).toBe(start2026 + 2 * hour);
    expect(events.slice(told).filter(({ kind }) => kind !== 'delivery-applied')).toEqual([]);
    expect(await isApplied()).toBe(true);
  });
});

describe('a digest that a policy denies', () => {
  const digest = `sha256:${'0a'.repeat(32)}`;

  it('is refused before the registry is asked, where the source is pinned to it', async () => {
    registry.denied = digest;
    registry.failing.set('resolve', registryDown());
    const { failures: told } = await converge(
      parts(),
      trusting('old', `  ref: {digest: "${digest}"}`),
      stop.signal,
    );
    expect(told[0]).toMatchObject({ subject: { name: 'app' }, error: { code: 'POLICY_DENIED' } });
    expect(registry.calls.resolve).toBe(0);
  });

  it('is told by every single pass, although the registry is away', async () => {
    expect((await converge(parts(), trusting('old'), stop.signal)).failures).toEqual([]);
    registry.denied = 'sha256:v1';
    registry.failing.set('resolve', registryDown());
    for (let pass = 0; pass < 2; pass += 1) {
      const { failures: told } = await converge(parts(), trusting('new'), stop.signal);
      const codes = told.slice(0, 2).map(({ error }) => error.code);
      expect(codes).toEqual(['POLICY_DENIED', 'REGISTRY_UNREACHABLE']);
    }
  });
});
