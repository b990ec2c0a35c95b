import { describe, expect, it } from 'vitest';
import { registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import {
  denied,
  mapsOf,
  RollbackSite,
  returningSite,
  revisionOf,
} from '../../../test/fixtures/rollback-site.ts';
import { refOf, SealiftError } from '../../core/index.ts';

const minute = 60_000;
const agent = forEachTest(new RollbackSite());

describe('a delivery that goes back to its last good revision', () => {
  it('does so when the target refuses an object, and says which revision failed, why, and what is in force', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a', 'b'));
    await agent.start();
    expect(agent.stage()).toBeUndefined();
    agent.refused.set('v2', denied);
    await agent.publish('v2', [...mapsOf('v0', 'c'), ...mapsOf('v2', 'a')]);
    expect(agent.live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    const message = `revision ${revisionOf('v2')} failed: ${agent.target.description}: 1 object could not be delivered: ConfigMap/shop/a denied the request: no; deletions that wait until every write is through: 1; the last good one, ${revisionOf('v1')}, is in force again`;
    expect(agent.said()).toEqual([
      `Stalled=True/RolledBack "${message}"`,
      `Ready=False/RolledBack "${message}"`,
    ]);
    expect(agent.delivery().status).toMatchObject({
      lastAppliedRevision: revisionOf('v1'),
      lastAttemptedRevision: revisionOf('v2'),
      history: [
        { lastReconciledStatus: 'ReconciliationSucceeded', metadata: { revision: revisionOf('v1') } },
        { lastReconciledStatus: 'ReconciliationFailed', metadata: { revision: revisionOf('v2') } },
      ],
    });
    expect(agent.kinds().filter((kind) => kind.startsWith('roll'))).toEqual([
      'rollback-begun',
      'rolled-back',
    ]);
  });

  it('goes back from a revision that does not build, and repairs drift of what is in force', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start();
    await agent.publish('v2', []);
    expect(agent.said()[1]).toContain('RolledBack');
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(agent.live('a')).toEqual(['v1']);
    expect(agent.delivery().status.lastAppliedRevision).toBe(revisionOf('v1'));
  });

  it('does nothing of the kind where nobody asked for it, and forgets what it knew when it is switched off', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start();
    expect(agent.state.deliveries.find('edge', 'app')?.journal?.good?.layer.revision).toBe(revisionOf('v1'));
    await agent.replace(returningSite({ rollback: 'disabled' }));
    expect(agent.state.deliveries.find('edge', 'app')?.journal).toBeUndefined();
    agent.refused.set('v2', denied);
    await agent.publish('v2', mapsOf('v2', 'a'));
    expect(agent.said()[1]).toContain('ReconciliationFailed');
  });

  it.each([
    ['the API server is away', new SealiftError('TARGET_UNREACHABLE', 'x', 'connection refused')],
    ['the quota is used up', new SealiftError('TARGET_QUOTA', 'x', 'exceeded quota')],
    ['a kind is not known yet', new SealiftError('TARGET_KIND_UNKNOWN', 'x', 'no such kind')],
  ])('goes on trying while %s', async (_, fault) => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start();
    agent.refused.set('v2', fault);
    await agent.publish('v2', mapsOf('v2', 'a'));
    expect(agent.stage()).toBe('trying');
    agent.refused.clear();
    await agent.pass(10 * minute);
    expect(agent.live('a')).toEqual(['v2']);
    expect(agent.stage()).toBeUndefined();
  });

  it('does not try again what failed, at no poll, interval or start', async () => {
    await agent.withBad();
    agent.refused.clear();
    await agent.clock.advance(60 * minute);
    await agent.start();
    await agent.clock.advance(60 * minute);
    expect(agent.live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    expect(agent.said()[1]).toContain('RolledBack');
    expect(agent.kinds().filter((kind) => kind === 'delivery-applied')).toHaveLength(2);
  });

  it('takes the next revision, and what failed is forgotten when that holds', async () => {
    await agent.withBad();
    await agent.publish('v3', mapsOf('v3', 'a', 'b'));
    expect(agent.live('a', 'b', 'c')).toEqual(['v3', 'v3', undefined]);
    expect(agent.said()).toEqual([
      `Ready=True/ReconciliationSucceeded "Applied revision: ${revisionOf('v3')}"`,
    ]);
    expect(agent.state.deliveries.find('edge', 'app')?.journal).toMatchObject({
      good: { layer: { revision: revisionOf('v3') } },
    });
    expect(agent.stage()).toBeUndefined();
  });

  it('is ready again when the source goes back itself', async () => {
    await agent.withBad();
    await agent.publish('v1', mapsOf('v1', 'a', 'b'));
    expect(agent.said()).toEqual([
      `Ready=True/ReconciliationSucceeded "Applied revision: ${revisionOf('v1')}"`,
    ]);
    expect(agent.delivery().status.lastAttemptedRevision).toBe(revisionOf('v1'));
  });

  it.each([
    ['somebody asks for it', returningSite({ asked: 'now' })],
    ['the spec is another one', returningSite({ spec: '  force: true\n' })],
    ['it may not go back any more', returningSite({ rollback: 'disabled' })],
  ])('tries again what failed when %s', async (_, desired) => {
    await agent.withBad();
    agent.refused.clear();
    await agent.replace(desired);
    expect(agent.live('a', 'b', 'c')).toEqual(['v2', undefined, 'v2']);
    expect(agent.said()).toEqual([
      `Ready=True/ReconciliationSucceeded "Applied revision: ${revisionOf('v2')}"`,
    ]);
  });

  it('goes back again where what was asked for fails again', async () => {
    await agent.withBad();
    await agent.replace(returningSite({ asked: 'now' }));
    expect(agent.live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    expect(agent.said()[1]).toContain('RolledBack');
    expect(agent.delivery().status.lastHandledReconcileAt).toBe('now');
  });

  it('leaves all as it is where what held last is not accepted any more, and goes on when it is', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a', 'b'));
    await agent.start();
    agent.refused.set('v2', denied);
    agent.registry.again.set('sha256:v1', 'refused');
    await agent.publish('v2', [...mapsOf('v0', 'c'), ...mapsOf('v2', 'a')]);
    expect(agent.live('a', 'b', 'c')).toEqual(['v1', 'v1', 'v0']);
    expect(agent.said().find((one) => one.startsWith('Ready'))).toMatch(
      /^Ready=False\/RollbackFailed "revision stable@sha256:v2 failed: .*; the last good one, stable@sha256:v1, does not hold either: stable@sha256:v1: no signature found"$/,
    );
    expect(agent.stage()).toBe('returning');
    agent.registry.again.clear();
    await agent.pass(10 * minute);
    expect(agent.live('a', 'b', 'c')).toEqual(['v1', 'v1', undefined]);
    expect(agent.stage()).toBe('returned');
  });

  it('goes back although what failed is refused meanwhile, and the registry is away', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a', 'b'));
    await agent.start();
    agent.refused.set('v1', new SealiftError('TARGET_UNREACHABLE', 'x', 'connection refused'));
    agent.refused.set('v2', denied);
    await agent.publish('v2', [...mapsOf('v0', 'b'), ...mapsOf('v2', 'a')]);
    expect(agent.stage()).toBe('returning');
    expect(agent.live('a', 'b')).toEqual(['v1', 'v0']);
    agent.registry.failing.set('resolve', registryDown());
    agent.registry.failing.set('fetch', registryDown());
    agent.registry.again.set('sha256:v2', 'refused');
    agent.registry.trust = 'another';
    agent.refused.clear();
    await agent.start();
    await agent.pass(10 * minute);
    expect(agent.live('a', 'b')).toEqual(['v1', 'v1']);
    expect(agent.stage()).toBe('returned');
  });

  it('has no way back without a revision that held', async () => {
    agent.refused.set('v1', denied);
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start();
    expect(agent.said()[1]).toContain('ReconciliationFailed');
    agent.refused.set('v2', denied);
    await agent.publish('v2', mapsOf('v2', 'a'));
    expect(agent.said()[1]).toContain('ReconciliationFailed');
    expect(agent.state.deliveries.find('edge', 'app')?.journal?.good).toBeUndefined();
  });

  it('takes away what the revision that failed brought, however much it is', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    await agent.start();
    agent.refused.set('v2', denied);
    const many = Array.from({ length: 20 }, (_, at) => `n${at}`);
    await agent.publish('v2', [...mapsOf('v0', ...many), ...mapsOf('v2', 'a')]);
    expect(agent.live(...many).every((one) => one === undefined)).toBe(true);
    expect(agent.said()[1]).toContain('RolledBack');
  });

  it('is one pass of a site that converges once, and that it went back is a failure of each pass', async () => {
    agent.trees.set('v1', mapsOf('v1', 'a'));
    const codes = async (): Promise<readonly string[]> => {
      const { failures } = await agent.converge(returningSite());
      return failures.map(({ error }) => error.code);
    };
    expect(await codes()).toEqual([]);
    agent.refused.set('v2', denied);
    agent.trees.set('v2', mapsOf('v2', 'a', 'b'));
    agent.registry.revision = 'v2';
    expect(await codes()).toEqual(['TARGET_ADMISSION_DENIED', 'DELIVERY_ROLLED_BACK']);
    expect(agent.live('a', 'b')).toEqual(['v1', undefined]);
    expect(await codes()).toEqual(['DELIVERY_ROLLED_BACK']);
  });
});
