import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages, registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { StateStore } from '../../api/index.ts';
import { refOf, SealiftError, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, Engine } from '../index.ts';

const second = 1_000;
const minute = 60 * second;

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let stop: AbortController;

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [configMap('a'), configMap('b')];
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

const strictPolicy = `---
apiVersion: sealift.dev/v1alpha1
kind: VerificationPolicy
metadata: {name: strict, namespace: edge}
spec:
  match: {repositories: ["registry.example/**"]}
  authorities: [{name: nobody, key: {data: x}}]
`;

const oneSite = siteOf(sourceYaml('app') + deliveryYaml('app', 'app'));

async function start(desired = oneSite): Promise<{ engine: Engine; done: Promise<void> }> {
  const engine = new Engine(parts(), desired);
  const done = engine.run(stop.signal);
  await settleAll();
  return { engine, done };
}

/** Several turns: a watch event leads to a run, a run to an event. */
async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

function delivered(): readonly string[] {
  return ['a', 'b', 'c', 'evil'].filter((name) => target.text(refOf(configMap(name))) !== undefined);
}

function readyOf(name = 'app'): string | undefined {
  const record = state.deliveries.all().find((candidate) => candidate.name === name);
  return record?.status.conditions.find(({ type }) => type === 'Ready')?.reason;
}

describe('Engine', () => {
  it('delivers at once on a new site', async () => {
    await start();
    expect(delivered()).toEqual(['a', 'b']);
    expect(readyOf()).toBe('ReconciliationSucceeded');
  });

  it('polls at the interval, and an unchanged poll does nothing more', async () => {
    await start();
    const before = { ...registry.calls };
    await clock.advance(minute);
    expect(registry.calls).toEqual({ ...before, resolve: before.resolve + 1 });
  });

  it('delivers a new revision and prunes what left it', async () => {
    await start();
    registry.revision = 'v2';
    registry.objects = [configMap('b'), configMap('c')];
    await clock.advance(minute);
    await settleAll();
    expect(delivered()).toEqual(['b', 'c']);
  });

  it('keeps what is delivered when a new revision is refused, and takes it as soon as it is signed', async () => {
    await start();
    registry.revision = 'v2';
    registry.verdict = 'refused';
    registry.objects = [configMap('evil')];
    await clock.advance(minute);
    expect(delivered()).toEqual(['a', 'b']);
    expect(
      state.sources.all()[0]?.status.conditions.find(({ type }) => type === 'SourceVerified')?.status,
    ).toBe('False');
    registry.verdict = 'accepted';
    await clock.advance(minute);
    await settleAll();
    expect(delivered()).toEqual(['evil']);
  });

  it('tells a refusal once, not at every poll', async () => {
    registry.verdict = 'refused';
    await start();
    await clock.advance(5 * minute);
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(registry.calls.verify).toBeGreaterThan(2);
  });

  it('never fetches or unpacks what was refused', async () => {
    registry.verdict = 'refused';
    await start();
    await clock.advance(5 * minute);
    expect(registry.calls).toMatchObject({ fetch: 0, unpack: 0, build: 0 });
  });

  it('goes on delivering while the registry is away, and says when it is back', async () => {
    await start();
    registry.failing.set('resolve', registryDown());
    await clock.advance(minute);
    expect(state.sources.all()[0]?.status.conditions[1]).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'OCIArtifactPullFailed',
    });
    target.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
    registry.failing.clear();
    await clock.advance(minute);
    expect(events.at(-1)).toMatchObject({ kind: 'source-recovered' });
  });

  it('backs off from a registry that is away', async () => {
    registry.failing.set('resolve', registryDown());
    await start();
    await clock.advance(minute);
    expect(registry.calls.resolve).toBeLessThan(10);
  });

  it('polls other registries while one holds all the places that it may have', async () => {
    const slow = Array.from({ length: 9 }, (_, at) =>
      sourceYaml(`slow-${at}`).replace('registry.example', 'slow.example'),
    );
    const { stages, ...others } = parts();
    let held = 0;
    const fetch: typeof stages.fetch.fetch = (request, signal, progress) => {
      if (!request.source.spec.url.includes('slow.')) return stages.fetch.fetch(request, signal, progress);
      held += 1;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const hanging = { ...others, stages: { ...stages, fetch: { fetch } } };
    const engine = new Engine(
      hanging,
      siteOf(slow.join('') + sourceYaml('app') + deliveryYaml('app', 'app')),
    );
    const done = engine.run(stop.signal);
    await settleAll();
    expect(held).toBe(4);
    expect(delivered()).toEqual(['a', 'b']);
    await clock.advance(5 * minute);
    await settleAll();
    expect(held).toBe(8);
    expect(state.sources.find('edge', 'slow-0')?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', message: expect.stringContaining('got 0') }),
    );
    stop.abort();
    await done;
  });

  describe('when the registry asks for a pause', () => {
    const asksFor = (retryAfterMs: number): SealiftError =>
      new SealiftError('REGISTRY_RATE_LIMITED', 'oci://registry.example/app', 'status 429', { retryAfterMs });

    it('polls again when the pause is over and not before, however short the interval', async () => {
      await start();
      registry.failing.set('resolve', asksFor(10 * minute));
      await clock.advance(minute);
      const before = registry.calls.resolve;
      await clock.advance(10 * minute - second);
      expect(registry.calls.resolve).toBe(before);
      registry.failing.clear();
      await clock.advance(minute);
      expect(registry.calls.resolve).toBe(before + 1);
      expect(events.at(-1)).toMatchObject({ kind: 'source-recovered' });
    });

    it('says until when in the status, and tells it once', async () => {
      registry.failing.set('resolve', asksFor(10 * minute));
      await start();
      const ready = () => state.sources.all()[0]?.status.conditions.find(({ type }) => type === 'Ready');
      expect(ready()).toMatchObject({
        status: 'False',
        message:
          'oci://registry.example/app: status 429; the registry is not asked again before 2026-01-01T00:10:00Z',
      });
      await clock.advance(15 * minute);
      expect(ready()?.message).toContain('before 2026-01-01T00:20:');
      expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    });

    it('does not wait longer than an hour', async () => {
      registry.failing.set('resolve', asksFor(365 * 24 * 60 * minute));
      await start();
      await clock.advance(65 * minute);
      expect(registry.calls.resolve).toBe(2);
    });

    it('keeps it when the configuration is read again, and not for another spec or who asks for a poll', async () => {
      registry.failing.set('resolve', asksFor(10 * minute));
      const { engine } = await start();
      engine.replace(siteOf(sourceYaml('app') + deliveryYaml('app', 'app')));
      await settleAll();
      expect(registry.calls.resolve).toBe(1);
      engine.replace(siteOf(sourceYaml('app', '  ref: {tag: other}')));
      await settleAll();
      expect(registry.calls.resolve).toBe(2);
      const asked = sourceYaml('app').replace(
        'namespace: edge',
        'namespace: edge, annotations: {reconcile.fluxcd.io/requestedAt: now}',
      );
      engine.replace(siteOf(asked));
      await settleAll();
      expect(registry.calls.resolve).toBe(3);
    });
  });

  it('repairs an object that was changed or deleted by another hand', async () => {
    await start();
    target.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
    expect(events.filter(({ kind }) => kind === 'object-changed').at(-1)).toMatchObject({
      action: 'repaired',
    });
  });

  it('takes back what a delivery owned when it leaves the configuration', async () => {
    const { engine } = await start();
    engine.replace(siteOf(sourceYaml('app')));
    await clock.advance(5 * second);
    await settleAll();
    expect(delivered()).toEqual([]);
    expect(state.deliveries.all()).toEqual([]);
  });

  it('leaves everything in place when a delivery without prune leaves the configuration', async () => {
    const { engine } = await start(
      siteOf(sourceYaml('app') + deliveryYaml('app', 'app').replace('prune: true', 'prune: false')),
    );
    engine.replace(siteOf(sourceYaml('app')));
    await clock.advance(5 * second);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('verifies what is in force again when a policy changes, and does not tear it down when it no longer holds', async () => {
    const { engine } = await start();
    registry.verdict = 'refused';
    engine.replace(
      siteOf(`${sourceYaml('app')}${deliveryYaml('app', 'app')}---
apiVersion: sealift.dev/v1alpha1
kind: VerificationPolicy
metadata: {name: strict, namespace: edge}
spec:
  match: {repositories: ["registry.example/**"]}
  authorities: [{name: nobody, key: {data: x}}]
`),
    );
    await settleAll();
    expect(registry.calls.verify).toBe(2);
    expect(delivered()).toEqual(['a', 'b']);
    expect(events.at(-1)).toMatchObject({ kind: 'failed', code: 'SIGNATURE_MISSING' });
  });

  it('applies nothing any more from a revision that is no longer accepted, and says so', async () => {
    const { engine } = await start();
    registry.verdict = 'refused';
    engine.replace(siteOf(sourceYaml('app') + deliveryYaml('app', 'app') + strictPolicy));
    await settleAll();
    engine.replace(
      siteOf(sourceYaml('app') + deliveryYaml('app', 'app') + deliveryYaml('late', 'app') + strictPolicy),
    );
    target.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(delivered()).toEqual(['b']);
    expect([readyOf(), readyOf('late')]).toEqual(['ArtifactFailed', 'ArtifactFailed']);
    registry.verdict = 'accepted';
    await clock.advance(minute);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('writes nothing from a revision that the policies of now have not judged, on a restart either', async () => {
    const { done } = await start();
    stop.abort();
    await done;
    stop = new AbortController();
    registry.failing.set('verify', registryDown());
    registry.failing.set('judge', registryDown());
    target = createMemoryTarget();
    await start(siteOf(sourceYaml('app') + deliveryYaml('app', 'app') + strictPolicy));
    expect(delivered()).toEqual([]);
    registry.failing.clear();
    await clock.advance(minute);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it.each<[string, readonly string[] | undefined]>([
    ['and none is left', undefined],
    ['and one is left that lets everything through', ['VerificationPolicy/default/denials']],
  ])(
    'refuses to go on unsigned when the policy is gone that asked %s, unless the source says that it may',
    async (_, left) => {
      registry.letThroughBy = left;
      const signed = sourceYaml('app') + deliveryYaml('app', 'app');
      const { engine } = await start(siteOf(signed + strictPolicy));
      registry.verdict = 'not-required';
      registry.revision = 'v2';
      registry.objects = [configMap('evil')];
      engine.replace(siteOf(signed));
      await settleAll();
      expect(delivered()).toEqual(['a', 'b']);
      expect(events.findLast(({ kind }) => kind === 'failed')).toMatchObject({ code: 'POLICY_NO_MATCH' });
      const allowed = signed.replace(
        'namespace: edge}',
        'namespace: edge, annotations: {sealift.dev/allow-unsigned: "true"}}',
      );
      engine.replace(siteOf(allowed));
      await settleAll();
      expect(delivered()).toEqual(['evil']);
    },
  );

  it('goes on unsigned when the policy that asked for a signature asks for none any more', async () => {
    const signed = sourceYaml('app') + deliveryYaml('app', 'app');
    const { engine } = await start(siteOf(signed + strictPolicy));
    registry.verdict = 'not-required';
    registry.letThroughBy = ['VerificationPolicy/default/denials', 'VerificationPolicy/default/release'];
    registry.revision = 'v2';
    registry.objects = [configMap('c')];
    engine.replace(siteOf(signed));
    await settleAll();
    expect(delivered()).toEqual(['c']);
  });

  it('takes nothing back for a configuration without any delivery', async () => {
    const engine = new Engine({ ...parts(), withdrawAll: false }, oneSite);
    const done = engine.run(stop.signal);
    await settleAll();
    engine.replace(siteOf(sourceYaml('app')));
    await clock.advance(minute);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
    expect(events.findLast(({ kind }) => kind === 'failed')).toMatchObject({ code: 'WITHDRAWAL_REFUSED' });
    stop.abort();
    await done;
  });

  it('fetches again what cannot be unpacked from the local store any more', async () => {
    await start();
    registry.failing.set('unpack', new SealiftError('DIGEST_MISMATCH', 'blob', 'damaged'));
    target.edit(refOf(configMap('a')), undefined);
    await settleAll();
    registry.failing.clear();
    await clock.advance(minute);
    await settleAll();
    expect(registry.calls.fetch).toBe(2);
    expect(delivered()).toEqual(['a', 'b']);
  });

  it.each([
    ['says in the status that a registry is spoken to in plain HTTP', '  insecure: true', 1],
    ['says nothing of the kind otherwise', '', 0],
  ])('%s', async (_, spec, count) => {
    await start(siteOf(sourceYaml('app', spec)));
    const conditions = state.sources.find('edge', 'app')?.status.conditions ?? [];
    expect(conditions.filter(({ type }) => type === 'InsecureTransport')).toHaveLength(count);
  });

  it('remembers the artifact of a source whose name was mistyped for a while', async () => {
    const { engine } = await start();
    registry.failing.set('resolve', registryDown());
    engine.replace(siteOf(sourceYaml('ap') + deliveryYaml('app', 'app')));
    await clock.advance(9 * minute);
    engine.replace(oneSite);
    target.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('forgets a source that stays away', async () => {
    const { engine } = await start();
    engine.replace(siteOf(sourceYaml('other') + deliveryYaml('app', 'other')));
    await clock.advance(21 * minute);
    expect(state.sources.all().map(({ name }) => name)).toEqual(['other']);
  });

  it('polls only the sources whose spec or trust a new configuration changes', async () => {
    const two = (spec: string): ReturnType<typeof siteOf> =>
      siteOf(sourceYaml('app') + sourceYaml('other', spec));
    const { engine } = await start(two(''));
    const before = registry.calls.resolve;
    engine.replace(two('  ignore: "*.md"'));
    await settleAll();
    expect(registry.calls.resolve).toBe(before + 1);
  });

  it('calls a changed value a change, not drift', async () => {
    const { engine } = await start();
    registry.objects = [configMap('a', { value: 'new' }), configMap('b')];
    engine.replace(oneSite);
    await settleAll();
    expect(events.findLast(({ kind }) => kind === 'object-changed')).toMatchObject({ action: 'configured' });
  });

  it('retries what only another input can mend by the interval, not sooner', async () => {
    registry.failing.set('build', new SealiftError('BUILD_EMPTY', 'x', 'no objects'));
    await start();
    const before = registry.calls.build;
    await clock.advance(5 * minute);
    expect(registry.calls.build).toBe(before);
  });

  it('tells a broken watch once, and tries again ever later', async () => {
    const broken = {
      ...parts(),
      target: {
        ...target,
        description: 'memory',
        observe: target.observe.bind(target),
        write: target.write.bind(target),
        remove: target.remove.bind(target),
        watch: async () => undefined,
      },
    };
    const done = new Engine(broken, oneSite).run(stop.signal);
    await clock.advance(10 * minute);
    expect(events.filter((event) => event.kind === 'failed' && event.stage === 'site')).toHaveLength(1);
    stop.abort();
    await done;
  });

  it('surprise 22: makes dependants wait, and wakes them without waiting for a timer', async () => {
    registry.failing.set('build', new SealiftError('TARGET_FAILED', 'x', 'busy'));
    registry.objectsOf.set('top', [configMap('top')]);
    await start(
      siteOf(
        sourceYaml('app') +
          deliveryYaml('base', 'app') +
          deliveryYaml('top', 'app', '  dependsOn: [{name: base}]'),
      ),
    );
    expect(readyOf('top')).toBe('DependencyNotReady');
    registry.failing.clear();
    // Long enough for the next try of `base`; `top` has a timer of ten minutes.
    await clock.advance(10 * second);
    await settleAll();
    expect({ base: readyOf('base'), top: readyOf('top') }).toEqual({
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
    const { engine } = await start(siteOf(yaml('./old')));
    registry.failing.set('build', new SealiftError('BUILD_PATH_NOT_FOUND', './new', 'no such directory'));
    engine.replace(siteOf(yaml('./new')));
    await settleAll();
    expect({ base: readyOf('base'), top: readyOf('top') }).toEqual({
      base: 'ArtifactFailed',
      top: 'DependencyNotReady',
    });
  });

  it('repairs drift while registries do not answer', async () => {
    const { resolve } = registry.stages;
    const silent: AgentParts['stages']['resolve'] = {
      resolve: (request, signal) => {
        if (request.source.metadata.name === 'app') return resolve.resolve(request, signal);
        const { promise, reject } = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => reject(signal.reason));
        return promise;
      },
    };
    const engine = new Engine({ ...parts(), stages: { ...registry.stages, resolve: silent } }, oneSite);
    void engine.run(stop.signal);
    await settleAll();
    const dead = [1, 2, 3, 4, 5].map((number) => sourceYaml(`dead-${number}`)).join('');
    engine.replace(siteOf(dead + sourceYaml('app') + deliveryYaml('app', 'app')));
    await settleAll();
    target.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('does not poll a suspended source and does not apply a suspended delivery', async () => {
    await start(siteOf(sourceYaml('app', '  suspend: true') + deliveryYaml('app', 'app')));
    await clock.advance(10 * minute);
    expect(registry.calls.resolve).toBe(0);
  });

  it('refuses fields it would have to ignore', async () => {
    const decryption = '  decryption: {provider: sops, serviceAccountName: robot}';
    await start(siteOf(sourceYaml('app') + deliveryYaml('app', 'app', decryption)));
    expect(delivered()).toEqual([]);
    expect(events.filter(({ kind }) => kind === 'failed')[0]).toMatchObject({ code: 'CONFIG_UNSUPPORTED' });
  });

  it('starts from what it knows after a restart, without the registry', async () => {
    const { done } = await start();
    stop.abort();
    await done;
    stop = new AbortController();
    registry.failing.set('resolve', registryDown());
    target = createMemoryTarget();
    await start();
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('ends with no timer left', async () => {
    const { done } = await start();
    stop.abort();
    await done;
    expect(clock.sleeping).toEqual([]);
  });
});
