import { describe, expect, it } from 'vitest';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { a, b, HealthSite, waitingStatus } from '../../../test/fixtures/health-site.ts';
import { type HealthWatch, refOf } from '../../core/index.ts';

const agent = forEachTest(new HealthSite());

describe('an agent that starts again', () => {
  it('leaves ready what was, and tells nobody', async () => {
    await agent.start();
    await agent.allReady();
    const before = agent.said();
    await agent.restart();
    expect(agent.said()).toEqual(before);
    expect(agent.kinds().filter((kind) => kind.startsWith('health') || kind === 'delivery-applied')).toEqual(
      [],
    );
    agent.says(a, 'stalled');
    await agent.settle();
    expect(agent.readiness()).toBe('False');
  });

  it('sees what was lost meanwhile', async () => {
    await agent.start();
    await agent.allReady();
    await agent.end();
    agent.says(b, 'busy');
    await agent.restart();
    expect(agent.said()[1]).toContain(
      "Ready=Unknown/Progressing \"waiting for: [Widget/shop/b status: 'InProgress'",
    );
    expect(agent.kinds()).toContain('health-lost');
  });

  it('does not take for ready what was ready once and had failed', async () => {
    await agent.start();
    await agent.allReady();
    agent.says(b, 'stalled');
    await agent.settle();
    await agent.end();
    const silent: HealthWatch = {
      follow: (_refs, _told, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    };
    await agent.restart({ target: agent.withHealth(silent) });
    expect(agent.readiness()).toBe('Unknown');
  });

  it('waits for what it repairs at its start', async () => {
    await agent.start();
    await agent.allReady();
    await agent.end();
    agent.target.edit(refOf(b), undefined);
    agent.says(b, 'busy');
    await agent.restart();
    expect(agent.said()).toEqual(waitingStatus);
    expect(agent.kinds()).not.toContain('health-lost');
  });

  it('waits on for what it waited for', async () => {
    await agent.start();
    await agent.restart();
    expect(agent.said()).toEqual(waitingStatus);
    await agent.allReady();
    expect(agent.readiness()).toBe('True');
  });
});
