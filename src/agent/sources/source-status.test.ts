import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { Condition, StateStore } from '../../api/index.ts';
import { type ErrorCode, SealiftError } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget } from '../../target/index.ts';
import { Engine } from '../index.ts';

const url = 'oci://registry.example/app';
const version = '  ref: {semver: 1.x}';

let registry: FakeStages;
let clock: FakeClock;
let state: StateStore;
let stop: AbortController;

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [configMap('a')];
  clock = new FakeClock();
  state = createMemoryStateStore();
  stop = new AbortController();
});

afterEach(() => stop.abort());

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

async function start(text: string): Promise<Engine> {
  const parts = {
    stages: registry.stages,
    target: createMemoryTarget(),
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: false,
    listener: () => undefined,
  };
  const engine = new Engine(parts, siteOf(text));
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

function said(type: string): Condition | undefined {
  return state.sources.find('edge', 'app')?.status.conditions.find((one) => one.type === type);
}

type Row = readonly [
  what: string,
  spec: string,
  failure: readonly [ErrorCode, subject: string],
  reason: string,
  beside: string,
];

describe('a source whose poll fails', () => {
  it.each<Row>([
    ['a URL that names a tag', '', ['REFERENCE_INVALID', url], 'URLInvalid', 'Stalled'],
    [
      'a digest that is none',
      '',
      ['REFERENCE_INVALID', 'spec.ref.digest'],
      'OCIArtifactPullFailed',
      'Stalled',
    ],
    ['a range that is none', version, ['REFERENCE_INVALID', 'semver'], 'ReadOperationFailed', 'Stalled'],
    ['an unknown repository', version, ['REFERENCE_NOT_FOUND', url], 'ReadOperationFailed', 'Reconciling'],
    ['an unknown tag', '', ['REFERENCE_NOT_FOUND', url], 'OCIArtifactPullFailed', 'Reconciling'],
    ['a password that is wrong', '', ['REGISTRY_DENIED', url], 'AuthenticationFailed', 'Reconciling'],
  ])('with %s has the reason of Flux, and says whether waiting helps', async (...row) => {
    const [, spec, [code, subject], reason, beside] = row;
    registry.failing.set('resolve', new SealiftError(code, subject, 'no'));
    await start(sourceYaml('app', spec));
    expect(said('Ready')).toMatchObject({ status: 'False', reason });
    expect(said('FetchFailed')).toMatchObject({ status: 'True', reason });
    expect([said('Stalled'), said('Reconciling')].map((one) => one?.type)).toContain(beside);
    const { status } = state.sources.find('edge', 'app') ?? {};
    expect(status?.observedGeneration).toBe(beside === 'Stalled' ? 1 : -1);
  });

  it('with a key that is not there says that nothing can be verified', async () => {
    registry.failing.set('verify', new SealiftError('OBJECT_NOT_FOUND', 'Secret/edge/key', 'not found'));
    await start(sourceYaml('app', '  verify: {secretRef: {name: key}}'));
    const reason = 'VerificationError';
    const message = "failed to verify the signature using provider 'cosign': Secret/edge/key: not found";
    expect(said('Ready')).toMatchObject({ status: 'False', reason, message });
    expect(said('SourceVerified')).toMatchObject({ status: 'False', reason, message });
    expect(said('FetchFailed')).toBeUndefined();
  });

  it('says that its registry is spoken to in plain HTTP, whether or not that works', async () => {
    registry.failing.set('resolve', new SealiftError('REGISTRY_UNREACHABLE', url, 'no'));
    await start(sourceYaml('app', '  insecure: true'));
    expect(said('InsecureTransport')?.status).toBe('True');
    registry.failing.clear();
    await clock.advance(10_000);
    expect(said('Ready')?.status).toBe('True');
    expect(said('InsecureTransport')?.status).toBe('True');
  });

  it('goes on when its spec is mended, and what stalled it is forgotten', async () => {
    registry.failing.set('resolve', new SealiftError('REFERENCE_INVALID', 'semver', 'no'));
    const engine = await start(sourceYaml('app', version));
    registry.failing.clear();
    engine.replace(siteOf(sourceYaml('app') + deliveryYaml('app', 'app')));
    await settleAll();
    expect(said('Ready')).toMatchObject({ status: 'True', observedGeneration: 2 });
    expect(said('Stalled')).toBeUndefined();
  });

  it('of which a newer revision is refused says that what is in force is not the newest', async () => {
    await start(sourceYaml('app'));
    registry.revision = 'v2';
    registry.verdict = 'refused';
    await clock.advance(70_000);
    expect(said('ArtifactOutdated')).toMatchObject({
      status: 'True',
      reason: 'NewRevision',
      message: "new revision 'stable@sha256:v2' for 'registry.example/app:stable'",
    });
    registry.verdict = 'accepted';
    await clock.advance(70_000);
    expect(said('Ready')?.status).toBe('True');
    expect(said('ArtifactOutdated')).toBeUndefined();
  });
});

describe('a source that is suspended', () => {
  const suspended = sourceYaml('app', '  suspend: true');

  it('says that its spec was seen, for those who wait for it, and is not polled', async () => {
    const engine = await start(sourceYaml('app'));
    engine.replace(siteOf(suspended));
    await settleAll();
    expect(state.sources.find('edge', 'app')).toMatchObject({
      generation: 2,
      status: { observedGeneration: 2 },
    });
    expect(registry.calls.resolve).toBe(1);
  });

  it('says no such thing of a spec that was never polled', async () => {
    await start(suspended);
    expect(state.sources.all()).toEqual([]);
    expect(registry.calls.resolve).toBe(0);
  });
});

describe('a source that says what its artifact holds', () => {
  it('tells what was left out and which layer it is, as long as that is asked for', async () => {
    const spec = '  ignore: "*.md"\n  layerSelector: {mediaType: text/plain, operation: copy}';
    const engine = await start(sourceYaml('app', spec));
    const status = (): unknown => state.sources.find('edge', 'app')?.status;
    expect(status()).toMatchObject({
      observedIgnore: '*.md',
      observedLayerSelector: { mediaType: 'text/plain', operation: 'copy' },
    });
    engine.replace(siteOf(sourceYaml('app')));
    await settleAll();
    expect(status()).not.toHaveProperty('observedIgnore');
    expect(status()).not.toHaveProperty('observedLayerSelector');
  });
});
