import { describe, expect, it } from 'vitest';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { mapsOf, RollbackSite, returningSite, revisionOf } from '../../../test/fixtures/rollback-site.ts';
import { createOverlayTarget } from '../../target/index.ts';
import { planSite, type SitePlan } from '../index.ts';

const agent = forEachTest(new RollbackSite());

/** The agent is ended before: the state is its own. */
async function planned(): Promise<SitePlan['deliveries']> {
  agent.stop();
  await agent.settle();
  const parts = agent.parts();
  const looking = { ...parts, target: createOverlayTarget(parts.target) };
  const { deliveries } = await planSite(looking, returningSite(), new AbortController().signal);
  return deliveries;
}

describe('the plan of a delivery that went back', () => {
  it('names the revision that is in force again, and not the one that failed', async () => {
    await agent.withBad();
    expect(agent.delivery().status.lastAttemptedRevision).toBe(revisionOf('v2'));
    expect(await planned()).toMatchObject([{ revision: revisionOf('v1'), unchanged: 2, change: [] }]);
  });

  it('names the revision that is new', async () => {
    await agent.withBad();
    agent.trees.set('v3', mapsOf('v3', 'a', 'b'));
    agent.registry.revision = 'v3';
    expect(await planned()).toMatchObject([{ revision: revisionOf('v3'), change: [{}, {}] }]);
  });
});
