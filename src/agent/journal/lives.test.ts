import { beforeEach, describe, expect, it } from 'vitest';
import { MortalSite } from '../../../test/fixtures/mortal-site.ts';
import { SealiftError } from '../../core/index.ts';

let site: MortalSite;

const kinds = (): readonly string[] =>
  site.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('roll'));
const attempt = () => site.record.journal?.attempt;
const ready = () => site.record.status.conditions.find(({ type }) => type === 'Ready');

/** Agents that come one after another, and die as soon as they write what is deadly. */
async function die(times: number): Promise<void> {
  for (let life = 0; life < times; life += 1) {
    await site.start();
    await site.pass(2);
    expect(await site.end()).toBe(true);
  }
}

beforeEach(async () => {
  site = new MortalSite();
  site.registry.revision = 'v1';
  await site.start();
  await site.leave();
  site.registry.revision = 'v2';
});

describe('a revision that kills whoever applies it', () => {
  beforeEach(() => void site.deadly.add('v2'));

  it('is gone back from when three agents have died of it, and not tried again', async () => {
    await die(3);
    expect(attempt()).toMatchObject({ stage: 'trying', lives: 3 });
    await site.start();
    await site.pass(4);
    expect(site.live()).toEqual(['v1', 'v1', undefined, undefined]);
    expect(attempt()).toMatchObject({ stage: 'returned' });
    expect(attempt()).not.toHaveProperty('lives');
    expect(kinds()).toEqual(['rollback-begun', 'rolled-back']);
    expect(ready()).toMatchObject({ status: 'False', reason: 'RolledBack' });
    expect(ready()?.message).toContain('failed: 3 agents ended without a word while they tried it; ');
    expect(site.record.status.history?.map(({ metadata }) => metadata['revision'])).toEqual([
      'stable@sha256:v1',
      'stable@sha256:v2',
    ]);
    site.written = [];
    await site.pass(20);
    await site.leave();
    await site.start();
    await site.pass(20);
    await site.leave();
    expect(site.written).toEqual([]);
  });

  it('is not counted against another one that is published', async () => {
    await die(2);
    site.deadly.clear();
    site.registry.revision = 'v3';
    site.trees.set('v3', site.trees.get('v1') ?? []);
    await site.start();
    await site.pass(4);
    await site.leave();
    expect(site.record.journal).toMatchObject({ good: { layer: { revision: 'stable@sha256:v3' } } });
    expect(attempt()).toBeUndefined();
  });

  it('says that it goes back, and not that it is there, as long as it is on its way', async () => {
    await die(3);
    const said: (string | undefined)[] = [];
    for (let acts = 1; attempt()?.stage !== 'returned'; acts += 1) {
      await site.start(acts);
      await site.pass(2);
      await site.end();
      if (attempt()?.stage === 'returning') said.push(ready()?.reason);
    }
    expect(new Set(said)).toEqual(new Set(['RollingBack']));
    expect(ready()?.reason).toBe('RolledBack');
  });

  it('is tried on where there is nothing to go back to', async () => {
    site = new MortalSite();
    site.registry.revision = 'v2';
    site.deadly.add('v2');
    await die(5);
    expect(attempt()).toMatchObject({ stage: 'trying' });
  });
});

describe('a revision that is tried for long', () => {
  beforeEach(() => {
    site.refused.set('v2', new SealiftError('TARGET_UNREACHABLE', 'x', 'connection refused'));
  });

  it('is not held against it that agents end in order, however often', async () => {
    for (let life = 0; life < 6; life += 1) {
      await site.start();
      await site.pass(1);
      await site.leave();
      expect(attempt()).toMatchObject({ stage: 'trying', lives: 0 });
    }
    site.refused.clear();
    await site.start();
    await site.pass(4);
    await site.leave();
    expect(site.live()).toEqual(['v2', undefined, 'v0', 'v0']);
  });

  it('is not held against it that agents die between two tries', async () => {
    for (let life = 0; life < 6; life += 1) {
      await site.start();
      await site.pass(30);
      await site.end();
      expect(attempt()).toMatchObject({ stage: 'trying', lives: 0 });
    }
  });

  it('counts who waits until it is healthy, and ends in order', async () => {
    site.refused.clear();
    site.says('c', 'Reconciling');
    for (let life = 0; life < 6; life += 1) {
      await site.start();
      // The first one polls before.
      await site.pass(life === 0 ? 0.75 : 0.25);
      expect(attempt()).toMatchObject({ stage: 'trying', lives: 1 });
      await site.leave();
    }
    site.says('c', 'Ready');
    await site.start();
    await site.pass(1);
    expect(attempt()).toBeUndefined();
    await site.leave();
  });
});
