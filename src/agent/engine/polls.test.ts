import { describe, expect, it } from 'vitest';
import { registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AppSite, forEachTest, oneSite } from '../../../test/fixtures/agent-site.ts';
import { refOf, SealiftError } from '../../core/index.ts';
import type { AgentParts } from '../index.ts';

const second = 1_000;
const minute = 60 * second;

const agent = forEachTest(new AppSite());
const delivered = (): readonly string[] => agent.delivered('a', 'b', 'c', 'evil');

describe('a source that is polled', () => {
  it('polls at the interval, and an unchanged poll does nothing more', async () => {
    await agent.start();
    const before = { ...agent.registry.calls };
    await agent.clock.advance(minute);
    expect(agent.registry.calls).toEqual({ ...before, resolve: before.resolve + 1 });
  });

  it('tells a refusal once, not at every poll', async () => {
    agent.registry.verdict = 'refused';
    await agent.start();
    await agent.clock.advance(5 * minute);
    expect(agent.events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(agent.registry.calls.verify).toBeGreaterThan(2);
  });

  it('never fetches or unpacks what was refused', async () => {
    agent.registry.verdict = 'refused';
    await agent.start();
    await agent.clock.advance(5 * minute);
    expect(agent.registry.calls).toMatchObject({ fetch: 0, unpack: 0, build: 0 });
  });

  it('goes on delivering while the registry is away, and says when it is back', async () => {
    await agent.start();
    agent.registry.failing.set('resolve', registryDown());
    await agent.clock.advance(minute);
    expect(agent.state.sources.all()[0]?.status.conditions[1]).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'OCIArtifactPullFailed',
    });
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(delivered()).toEqual(['a', 'b']);
    agent.registry.failing.clear();
    await agent.clock.advance(minute);
    expect(agent.events.at(-1)).toMatchObject({ kind: 'source-recovered' });
  });

  it('backs off from a registry that is away', async () => {
    agent.registry.failing.set('resolve', registryDown());
    await agent.start();
    await agent.clock.advance(minute);
    expect(agent.registry.calls.resolve).toBeLessThan(10);
  });

  it('polls other registries while one holds all the places that it may have', async () => {
    const slow = Array.from({ length: 9 }, (_, at) =>
      sourceYaml(`slow-${at}`).replace('registry.example', 'slow.example'),
    );
    const { stages } = agent.registry;
    let held = 0;
    const fetch: typeof stages.fetch.fetch = (request, signal, progress) => {
      if (!request.source.spec.url.includes('slow.')) return stages.fetch.fetch(request, signal, progress);
      held += 1;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    await agent.start(siteOf(slow.join('') + sourceYaml('app') + deliveryYaml('app', 'app')), {
      stages: { ...stages, fetch: { fetch } },
    });
    expect(held).toBe(4);
    expect(delivered()).toEqual(['a', 'b']);
    await agent.pass(5 * minute);
    expect(held).toBe(8);
    expect(agent.state.sources.find('edge', 'slow-0')?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', message: expect.stringContaining('got 0') }),
    );
    await agent.end();
  });

  describe('when the registry asks for a pause', () => {
    const asksFor = (retryAfterMs: number): SealiftError =>
      new SealiftError('REGISTRY_RATE_LIMITED', 'oci://registry.example/app', 'status 429', { retryAfterMs });

    it('polls again when the pause is over and not before, however short the interval', async () => {
      await agent.start();
      agent.registry.failing.set('resolve', asksFor(10 * minute));
      await agent.clock.advance(minute);
      const before = agent.registry.calls.resolve;
      await agent.clock.advance(10 * minute - second);
      expect(agent.registry.calls.resolve).toBe(before);
      agent.registry.failing.clear();
      await agent.clock.advance(minute);
      expect(agent.registry.calls.resolve).toBe(before + 1);
      expect(agent.events.at(-1)).toMatchObject({ kind: 'source-recovered' });
    });

    it('says until when in the status, and tells it once', async () => {
      agent.registry.failing.set('resolve', asksFor(10 * minute));
      await agent.start();
      const ready = () =>
        agent.state.sources.all()[0]?.status.conditions.find(({ type }) => type === 'Ready');
      expect(ready()).toMatchObject({
        status: 'False',
        message:
          'oci://registry.example/app: status 429; the registry is not asked again before 2026-01-01T00:10:00Z',
      });
      await agent.clock.advance(15 * minute);
      expect(ready()?.message).toContain('before 2026-01-01T00:20:');
      expect(agent.events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    });

    it('does not wait longer than an hour', async () => {
      agent.registry.failing.set('resolve', asksFor(365 * 24 * 60 * minute));
      await agent.start();
      await agent.clock.advance(65 * minute);
      expect(agent.registry.calls.resolve).toBe(2);
    });

    it('keeps it when the configuration is read again, and not for another spec or who asks for a poll', async () => {
      agent.registry.failing.set('resolve', asksFor(10 * minute));
      await agent.start();
      await agent.replace(siteOf(sourceYaml('app') + deliveryYaml('app', 'app')));
      expect(agent.registry.calls.resolve).toBe(1);
      await agent.replace(siteOf(sourceYaml('app', '  ref: {tag: other}')));
      expect(agent.registry.calls.resolve).toBe(2);
      const asked = sourceYaml('app').replace(
        'namespace: edge',
        'namespace: edge, annotations: {reconcile.fluxcd.io/requestedAt: now}',
      );
      await agent.replace(siteOf(asked));
      expect(agent.registry.calls.resolve).toBe(3);
    });
  });

  it('fetches again what cannot be unpacked from the local store any more', async () => {
    await agent.start();
    agent.registry.failing.set('unpack', new SealiftError('DIGEST_MISMATCH', 'blob', 'damaged'));
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    agent.registry.failing.clear();
    await agent.pass(minute);
    expect(agent.registry.calls.fetch).toBe(2);
    expect(delivered()).toEqual(['a', 'b']);
  });

  it.each([
    ['says in the status that a registry is spoken to in plain HTTP', '  insecure: true', 1],
    ['says nothing of the kind otherwise', '', 0],
  ])('%s', async (_, spec, count) => {
    await agent.start(siteOf(sourceYaml('app', spec)));
    const conditions = agent.state.sources.find('edge', 'app')?.status.conditions ?? [];
    expect(conditions.filter(({ type }) => type === 'InsecureTransport')).toHaveLength(count);
  });

  it('repairs drift while registries do not answer', async () => {
    const { resolve } = agent.registry.stages;
    const silent: AgentParts['stages']['resolve'] = {
      resolve: (request, signal) => {
        if (request.source.metadata.name === 'app') return resolve.resolve(request, signal);
        const { promise, reject } = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => reject(signal.reason));
        return promise;
      },
    };
    await agent.start(oneSite, { stages: { ...agent.registry.stages, resolve: silent } });
    const dead = [1, 2, 3, 4, 5].map((number) => sourceYaml(`dead-${number}`)).join('');
    await agent.replace(siteOf(dead + sourceYaml('app') + deliveryYaml('app', 'app')));
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(delivered()).toEqual(['a', 'b']);
  });
});
