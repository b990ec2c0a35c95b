import { beforeEach, describe, expect, it } from 'vitest';
import { registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AgentSite, forEachTest } from '../../../test/fixtures/agent-site.ts';
import type { DesiredState } from '../../api/index.ts';
import { refOf } from '../../core/index.ts';
import { type AgentParts, converge } from '../index.ts';

const minute = 60_000;
const hour = 60 * minute;

const agent = forEachTest(new AgentSite());
beforeEach(() => {
  agent.registry.objects = [configMap('a')];
});

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

const start = (desired = trusting('old')): Promise<unknown> => agent.start(desired);

function condition(type: string): string | undefined {
  return agent.source().status.conditions.find((candidate) => candidate.type === type)?.status;
}

/** Whether what is delivered is repaired after another hand took it away: only from what may be applied. */
async function isApplied(): Promise<boolean> {
  agent.target.edit(refOf(configMap('a')), undefined);
  await agent.settle();
  return agent.target.text(refOf(configMap('a'))) !== undefined;
}

function failures(): readonly (readonly [stage: string, code: string])[] {
  return agent.events.flatMap((event) => (event.kind === 'failed' ? [[event.stage, event.code]] : []));
}

/** The tag moves on to something that is refused, under whatever policy. */
async function moveOnToRefused(): Promise<void> {
  agent.registry.again.set('sha256:v1', 'accepted');
  agent.registry.revision = 'v2';
  agent.registry.verdict = 'refused';
  await agent.clock.advance(minute);
}

describe('what is in force, when policies change', () => {
  it('stays in force when it is still accepted, although its tag has moved on to something refused', async () => {
    await start();
    await moveOnToRefused();
    await agent.replace(trusting('new'));
    expect(agent.registry.calls.judge).toBe(1);
    expect(await isApplied()).toBe(true);
    expect(condition('Ready')).toBe('False');
  });

  it('stays in force although the registry is away', async () => {
    await start();
    for (const stage of ['resolve', 'verify', 'fetch'] as const)
      agent.registry.failing.set(stage, registryDown());
    await agent.replace(trusting('new'));
    expect(await isApplied()).toBe(true);
  });

  it('is found no longer fresh when something else is asked, although nothing new is published', async () => {
    await start();
    agent.registry.freshnessBasis = 'of a site without a name';
    agent.registry.freshness = { kind: 'stale', code: 'REVISION_OTHER_AUDIENCE', detail: 'for others' };
    await agent.clock.advance(10 * minute);
    expect([condition('Fresh'), condition('Ready')]).toEqual(['False', 'True']);
    expect(failures()).toEqual([['verify', 'REVISION_OTHER_AUDIENCE']]);
    const { verify } = agent.registry.calls;
    await agent.clock.advance(10 * minute);
    expect(agent.registry.calls.verify).toBe(verify);
  });

  it('keeps what a policy warned of how fresh it is, as long as that policy is there to warn', async () => {
    const warning = {
      code: 'REVISION_EXPIRED',
      subject: 'VerificationPolicy/edge/try',
      detail: 'expired',
    } as const;
    agent.registry.freshness = { kind: 'fresh', moves: [], floors: [], times: [], warnings: [warning] };
    const tries = (key: string): DesiredState => {
      const { policies, ...others } = trusting(key);
      const trying = policies.map(({ metadata, spec, ...policy }) => ({
        ...policy,
        metadata: { ...metadata, name: 'try' },
        spec: { ...spec, mode: 'warn' as const },
      }));
      return { ...others, policies: [...policies, ...trying] };
    };
    await start(tries('old'));
    expect(condition('PolicyWarning')).toBe('True');
    for (const stage of ['resolve', 'verify', 'fetch'] as const)
      agent.registry.failing.set(stage, registryDown());
    await agent.replace(tries('new'));
    expect([agent.registry.calls.judge, condition('PolicyWarning')]).toEqual([1, 'True']);
    await agent.replace(trusting('new'));
    expect([agent.registry.calls.judge, condition('PolicyWarning')]).toEqual([2, undefined]);
  });

  it('is judged at once, although every poll waits for a registry that does not answer', async () => {
    const silent: AgentParts['stages']['resolve'] = {
      resolve: (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    await start();
    await agent.end();
    const hanging = [1, 2, 3, 4, 5].map((number) => sourceYaml(`slow-${number}`)).join('');
    const { sources } = siteOf(hanging);
    const desired = trusting('new');
    await agent.start(
      { ...desired, sources: [...sources, ...desired.sources] },
      { stages: { ...agent.registry.stages, resolve: silent } },
    );
    expect(await isApplied()).toBe(true);
  });

  it('is not judged again when nothing changes that its verdict rests on', async () => {
    await start();
    await agent.replace(trusting('old', '  ignore: "*.md"'));
    expect(agent.registry.calls.judge).toBe(0);
  });

  it('is judged once for each change, not at every poll', async () => {
    await start();
    await agent.replace(trusting('new'));
    await agent.clock.advance(10 * minute);
    expect(agent.registry.calls.judge).toBe(1);
  });

  it('is judged where its source is suspended as well', async () => {
    await start();
    agent.registry.verdict = 'refused';
    await agent.replace(trusting('new', '  suspend: true'));
    expect(condition('SourceVerified')).toBe('False');
    expect(await isApplied()).toBe(false);
  });
});

describe('a trusted root that is exchanged while a verdict is made', () => {
  it('has what is judged again judged once more', async () => {
    await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    agent.registry.beforeJudging = promise;
    await agent.replace(trusting('new'));
    agent.registry.trust = 'exchanged';
    resolve();
    await agent.settle();
    expect(agent.source().basis).toBe('');
    agent.registry.again.set('sha256:v1', 'refused');
    await agent.clock.advance(2_000);
    expect(agent.source().revoked).toBe(true);
  });

  it('has what was polled judged again', async () => {
    const { stages } = agent.registry;
    const exchanging: AgentParts['stages']['fetch'] = {
      fetch: (...call) => {
        agent.registry.trust = 'exchanged';
        return stages.fetch.fetch(...call);
      },
    };
    await agent.start(trusting('old'), { stages: { ...stages, fetch: exchanging } });
    expect(agent.registry.calls.judge).toBe(1);
    expect(await isApplied()).toBe(true);
  });
});

describe('what is in force and refused', () => {
  it('is not applied any more, said so once, and left where it is', async () => {
    await start();
    agent.registry.verdict = 'refused';
    await agent.replace(trusting('new'));
    await agent.clock.advance(5 * minute);
    expect(agent.target.text(refOf(configMap('a')))).toBeDefined();
    expect([condition('Ready'), condition('SourceVerified')]).toEqual(['False', 'False']);
    expect(failures()).toEqual([['verify', 'SIGNATURE_MISSING']]);
    expect(await isApplied()).toBe(false);
  });

  it('stays reported while the registry is away', async () => {
    await start();
    agent.registry.verdict = 'refused';
    agent.registry.failing.set('resolve', registryDown());
    await agent.replace(trusting('new'));
    await agent.clock.advance(5 * minute);
    expect(condition('SourceVerified')).toBe('False');
  });

  it('is told to its deliveries at once when a poll finds it refused', async () => {
    await start();
    agent.registry.verdict = 'refused';
    await agent.replace(trusting('old', '  ignore: "*.md"'));
    const [delivery] = agent.state.deliveries.all();
    expect(delivery?.status.conditions.find(({ type }) => type === 'Ready')?.reason).toBe('ArtifactFailed');
  });

  it('is no longer in force when a poll was faster: what that accepted stays', async () => {
    await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    agent.registry.beforeJudging = promise;
    agent.registry.again.set('sha256:v1', 'refused');
    agent.registry.revision = 'v2';
    await agent.replace(trusting('new'));
    expect(agent.source().layer?.revision).toBe('stable@sha256:v2');
    resolve();
    await agent.settle();
    expect(agent.source().revoked).toBeUndefined();
    expect(await isApplied()).toBe(true);
  });

  it('is taken up again without the registry when it is accepted again', async () => {
    await start();
    agent.registry.failing.set('resolve', registryDown());
    agent.registry.verdict = 'refused';
    await agent.replace(trusting('new'));
    expect(await isApplied()).toBe(false);
    agent.registry.verdict = 'accepted';
    await agent.replace(trusting('old'));
    await agent.settle();
    expect(agent.target.text(refOf(configMap('a')))).toBeDefined();
    expect(agent.events.map(({ kind }) => kind)).toContain('source-recovered');
    expect(agent.source().status.artifact?.revision).toBe('stable@sha256:v1');
  });

  it('makes way for the next revision that is accepted', async () => {
    await start();
    agent.registry.again.set('sha256:v1', 'refused');
    agent.registry.failing.set('resolve', registryDown());
    await agent.replace(trusting('new'));
    agent.registry.failing.clear();
    agent.registry.revision = 'v2';
    await agent.clock.advance(minute);
    expect(await isApplied()).toBe(true);
    expect(agent.source().revoked).toBeUndefined();
  });

  it('stays refused after a restart, without being judged once more', async () => {
    await start();
    agent.registry.verdict = 'refused';
    await agent.replace(trusting('new'));
    const judged = agent.registry.calls.judge;
    await agent.end();
    await start(trusting('new'));
    expect(agent.registry.calls.judge).toBe(judged);
    expect(await isApplied()).toBe(false);
  });

  it('is refused in a single pass too, and reported for a suspended source, which nobody polls', async () => {
    await agent.converge(trusting('old'));
    agent.registry.verdict = 'refused';
    const { failures: failed } = await agent.converge(trusting('new', '  suspend: true'));
    expect(failed[0]?.error.code).toBe('SIGNATURE_MISSING');
    expect(agent.target.text(refOf(configMap('a')))).toBeDefined();
  });
});

describe('what is in force and cannot be judged', () => {
  it('is held back, said so once, and judged as soon as that can be done', async () => {
    await start();
    for (const stage of ['resolve', 'judge'] as const) agent.registry.failing.set(stage, registryDown());
    await agent.replace(trusting('new'));
    expect(await isApplied()).toBe(false);
    expect(agent.source().status.artifact?.revision).toBe('stable@sha256:v1');
    expect(failures()).toContainEqual(['verify', 'REGISTRY_UNREACHABLE']);
    agent.registry.failing.delete('judge');
    await agent.pass(minute);
    expect(agent.target.text(refOf(configMap('a')))).toBeDefined();
  });

  it('is not asked for over and over', async () => {
    await start();
    for (const stage of ['resolve', 'judge'] as const) agent.registry.failing.set(stage, registryDown());
    await agent.replace(trusting('new'));
    await agent.clock.advance(hour);
    expect(agent.registry.calls.judge).toBeLessThanOrEqual(130);
    expect(failures().filter(([stage]) => stage === 'verify')).toHaveLength(1);
    expect(failures().length).toBeLessThanOrEqual(2);
    expect(condition('SourceVerified')).toBe('Unknown');
  });
});

describe('a verdict that ends', () => {
  const start2026 = Date.parse('2026-01-01T00:00:00Z');

  it('is made again when it ends, by a timer, and what is refused then is not applied any more', async () => {
    agent.registry.validUntil = start2026 + 3 * hour;
    await start();
    agent.registry.failing.set('resolve', registryDown());
    await agent.clock.advance(3 * hour - minute);
    expect(agent.registry.calls.judge).toBe(0);
    agent.registry.verdict = 'refused';
    await agent.clock.advance(2 * minute);
    expect(agent.registry.calls.judge).toBe(1);
    expect(await isApplied()).toBe(false);
  });

  it('is renewed without a word while it is still accepted', async () => {
    agent.registry.validUntil = start2026 + hour;
    await start();
    const told = agent.events.length;
    agent.registry.validUntil = start2026 + 2 * hour;
    await agent.clock.advance(hour + minute);
    expect(agent.source().validUntil).toBe(start2026 + 2 * hour);
    expect(agent.events.slice(told).filter(({ kind }) => kind !== 'delivery-applied')).toEqual([]);
    expect(await isApplied()).toBe(true);
  });
});

describe('a digest that a policy denies', () => {
  const digest = `sha256:${'0a'.repeat(32)}`;

  it('is refused before the registry is asked, where the source is pinned to it', async () => {
    agent.registry.denied = digest;
    agent.registry.failing.set('resolve', registryDown());
    const { failures: told } = await converge(
      agent.parts(),
      trusting('old', `  ref: {digest: "${digest}"}`),
      agent.signal,
    );
    expect(told[0]).toMatchObject({ subject: { name: 'app' }, error: { code: 'POLICY_DENIED' } });
    expect(agent.registry.calls.resolve).toBe(0);
  });

  it('is told by every single pass, although the registry is away', async () => {
    expect((await agent.converge(trusting('old'))).failures).toEqual([]);
    agent.registry.denied = 'sha256:v1';
    agent.registry.failing.set('resolve', registryDown());
    for (let pass = 0; pass < 2; pass += 1) {
      const { failures: told } = await agent.converge(trusting('new'));
      const codes = told.slice(0, 2).map(({ error }) => error.code);
      expect(codes).toEqual(['POLICY_DENIED', 'REGISTRY_UNREACHABLE']);
    }
  });
});
