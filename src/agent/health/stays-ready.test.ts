import { describe, expect, it } from 'vitest';
import { settle } from '../../../test/fakes/fake-clock.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { a, b, HealthSite, revision, running, waitingSite } from '../../../test/fixtures/health-site.ts';
import { refOf } from '../../core/index.ts';

const second = 1_000;
const minute = 60 * second;
const agent = forEachTest(new HealthSite());

describe('a delivery that waited for its objects', () => {
  it('that was ready is not any more as soon as an object is not, and is again as soon as it is', async () => {
    await agent.start();
    await agent.allReady();
    await agent.clock.advance(30 * minute);
    agent.events.length = 0;
    agent.says(b, 'busy');
    await agent.settle();
    const missing = "waiting for: [Widget/shop/b status: 'InProgress': Because: it is busy]";
    expect(agent.said()).toEqual([
      `Reconciling=True/Progressing "${running}"`,
      `Ready=Unknown/Progressing "${missing}"`,
      `Healthy=Unknown/Progressing "${missing}"`,
    ]);
    expect(agent.delivery().status.lastAppliedRevision).toBe(revision);
    await agent.clock.advance(3 * second);
    agent.says(b, 'ready');
    await agent.settle();
    expect(agent.said()[1]).toBe('Healthy=True/Succeeded "Health check passed in 3s"');
    expect(agent.kinds()).toEqual(['health-lost', 'health-passed']);
  });

  it('that was ready has its whole time again, and then has failed', async () => {
    await agent.start();
    await agent.allReady();
    await agent.clock.advance(30 * minute);
    agent.says(b, 'busy');
    await agent.settle();
    await agent.clock.advance(39 * second);
    expect(agent.readiness()).toBe('Unknown');
    await agent.clock.advance(second);
    expect(agent.readiness()).toBe('False');
  });

  it('that was ready tells that once, however often it fails on its way back', async () => {
    await agent.start();
    await agent.allReady();
    agent.events.length = 0;
    for (const word of ['busy', 'stalled', 'busy', 'stalled'] as const) {
      agent.says(a, word);
      await agent.settle();
    }
    expect(agent.kinds()).toEqual(['health-lost', 'failed', 'failed']);
  });

  it('that was ready has failed at once when an object has', async () => {
    await agent.start();
    await agent.allReady();
    agent.says(a, 'stalled');
    await agent.settle();
    expect(agent.readiness()).toBe('False');
  });

  it('tells a repair as one, also where its health was lost first', async () => {
    await agent.start();
    await agent.allReady();
    agent.events.length = 0;
    agent.says(b, 'busy');
    await agent.settle();
    agent.target.edit(refOf(b), undefined);
    await agent.settle();
    expect(agent.events.filter(({ kind }) => kind === 'object-changed')).toEqual([
      expect.objectContaining({ action: 'repaired' }),
    ]);
  });

  it('stays ready with a newer revision of the same objects', async () => {
    await agent.start();
    await agent.allReady();
    const seen = agent.listen();
    agent.registry.revision = 'v2';
    await agent.pass(minute);
    expect(agent.delivery().status.lastAppliedRevision).toBe('stable@sha256:v2');
    expect(new Set(seen)).toEqual(new Set(['True']));
    agent.says(b, 'busy');
    await agent.settle();
    expect(agent.said()[0]).toContain('for revision stable@sha256:v2');
  });

  it('waits anew when it is asked to wait for something else', async () => {
    await agent.start();
    await agent.allReady();
    const seen = agent.listen();
    await agent.replace(
      waitingSite('  healthChecks: [{apiVersion: example.com/v1, kind: Widget, name: a, namespace: shop}]\n'),
    );
    expect(seen).toEqual(['Unknown', 'True']);
  });

  it('stays ready when an object less is waited for', async () => {
    await agent.start();
    await agent.allReady();
    const seen = agent.listen();
    const annotations = 'annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}';
    const text = agent.target.text(refOf(b))?.replace('metadata:', `metadata:\n  ${annotations}`);
    agent.target.edit(refOf(b), text);
    await agent.settle();
    agent.says(b, 'stalled');
    await agent.settle();
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set(['True']));
  });

  it('writes nothing while nothing changes', async () => {
    await agent.start();
    await agent.allReady();
    const written = agent.listen();
    for (let turn = 0; turn < 20; turn += 1) {
      agent.says(a, 'ready');
      await settle();
    }
    expect(written).toEqual([]);
  });
});
