import { describe, expect, it } from 'vitest';
import { createScriptedTarget, type ScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { present, them, us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import { formatRef, type KubernetesObject, refOf, SealiftError } from '../../core/index.ts';
import { type ApplyOutcome, applyPlan, markOwned, observeDelivery, planDelivery } from '../index.ts';

const idOf = (name: string): string => inventoryId(refOf(configMap(name)));
const entryOf = (name: string): InventoryEntry => toInventoryEntry(refOf(configMap(name)));
const attempted = (name: string): InventoryEntry => ({ ...entryOf(name), attempted: true });

interface Scene {
  readonly build?: readonly string[];
  readonly inventory?: readonly InventoryEntry[];
  /** Live and ours, but not as they should be. */
  readonly stale?: readonly string[];
  /** Live and as they should be. */
  readonly fine?: readonly string[];
  readonly theirs?: readonly string[];
  readonly failing?: readonly string[];
  /** Cannot be changed in place. */
  readonly immutable?: readonly string[];
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

function targetOf({
  stale = [],
  fine = [],
  theirs = [],
  failing = [],
  immutable = [],
}: Scene): ScriptedTarget {
  const target = createScriptedTarget();
  for (const name of stale) target.observations.set(idOf(name), present(configMap(name), us));
  for (const name of fine) target.observations.set(idOf(name), present(configMap(name), us, true));
  for (const name of theirs) target.observations.set(idOf(name), present(configMap(name), them));
  for (const call of failing) target.failing.add(call);
  for (const name of immutable) target.immutable.add(idOf(name));
  return target;
}

/** One run, with everything that happened in order. */
class Run {
  readonly log: string[] = [];
  readonly recorded: (readonly InventoryEntry[])[] = [];
  outcome: ApplyOutcome | undefined;
  error: unknown;

  async play(scene: Scene): Promise<this> {
    const { inventory = [], force = false, signal = new AbortController().signal } = scene;
    const target = targetOf(scene);
    const objects = markOwned(
      (scene.build ?? []).map((name) => configMap(name)),
      us,
    );
    const observations = await observeDelivery(target, objects, inventory, new AbortController().signal);
    const plan = planDelivery({
      objects,
      inventory,
      observations,
      delivery: { owner: us, prune: true, force, mayShrink: true },
    });
    target.calls.length = 0;
    const hooks = {
      recordInventory: async (entries: readonly InventoryEntry[]) => {
        this.log.push(...target.calls.splice(0), 'record');
        this.recorded.push(entries);
      },
      changed: (ref: KubernetesObject | unknown, action: string, reason?: string) => {
        this.log.push(
          ...target.calls.splice(0),
          [action, formatRef(ref as never), reason].filter(Boolean).join(' '),
        );
      },
    };
    try {
      this.outcome = await applyPlan(target, plan, hooks, signal);
    } catch (thrown) {
      this.error = thrown;
    }
    this.log.push(...target.calls.splice(0));
    return this;
  }
}

describe('applyPlan', () => {
  it('records what may be there before the first write, and what is there after the last deletion', async () => {
    const scene = { build: ['a', 'b'], inventory: [entryOf('x'), entryOf('b')], stale: ['b', 'x'] };
    const run = await new Run().play(scene);
    expect(run.log).toEqual([
      'record',
      `write ${idOf('a')}`,
      'created ConfigMap/shop/a',
      `write ${idOf('b')}`,
      'configured ConfigMap/shop/b',
      `remove ${idOf('x')}`,
      'deleted ConfigMap/shop/x',
      'record',
    ]);
    expect(run.recorded).toEqual([
      [entryOf('x'), entryOf('b'), attempted('a')],
      [entryOf('a'), entryOf('b')],
    ]);
    expect(run.outcome).toEqual({
      applied: 2,
      changed: 3,
      inventory: [entryOf('a'), entryOf('b')],
      moving: 0,
    });
  });

  it('does nothing at all when everything is as it should be', async () => {
    const run = await new Run().play({ build: ['a'], inventory: [entryOf('a')], fine: ['a'] });
    expect(run.log).toEqual([]);
    expect(run.outcome).toEqual({ applied: 1, changed: 0, inventory: [entryOf('a')], moving: 0 });
  });

  it('takes what carries our labels into an inventory that was lost', async () => {
    const run = await new Run().play({ build: ['a'], fine: ['a'] });
    expect(run.recorded).toEqual([[entryOf('a')]]);
  });

  it('permits a recreation only where the plan does', async () => {
    const run = await new Run().play({ build: ['a', 'b'], stale: ['b'], force: true });
    expect(run.log).toContain(`write ${idOf('a')}`);
    expect(run.log).toContain(`write or recreate ${idOf('b')}`);
  });

  it('tells of an object that was deleted to be created anew, also when the new one fails', async () => {
    const scene = { build: ['a'], inventory: [entryOf('a')], stale: ['a'], immutable: ['a'], force: true };
    const call = `write or recreate ${idOf('a')}`;
    const done = await new Run().play(scene);
    expect(done.log).toEqual(['deleted ConfigMap/shop/a', call, 'created ConfigMap/shop/a']);
    const failed = await new Run().play({ ...scene, failing: [call] });
    expect(failed.log).toEqual(['deleted ConfigMap/shop/a', call]);
    expect(failed.error).toBeInstanceOf(SealiftError);
    const forbidden = await new Run().play({ ...scene, force: false });
    expect(forbidden.log).not.toContain('deleted ConfigMap/shop/a');
  });

  it('goes on after an object that fails, and reports it', async () => {
    const run = await new Run().play({ build: ['a', 'b'], failing: [`write ${idOf('a')}`] });
    expect(run.log).toContain('created ConfigMap/shop/b');
    expect(run.error).toMatchObject({
      code: 'TARGET_FAILED',
      message: 'scripted target: 1 object could not be delivered: ConfigMap/shop/a no space left',
      cause: expect.any(SealiftError),
    });
  });

  it('keeps a failed creation in the inventory, as attempted', async () => {
    const run = await new Run().play({ build: ['a', 'b'], failing: [`write ${idOf('a')}`] });
    expect(run.recorded.at(-1)).toEqual([attempted('a'), entryOf('b')]);
  });

  it('deletes nothing while a write has failed, and says so', async () => {
    const failing = [`write ${idOf('a')}`];
    const run = await new Run().play({ build: ['a'], inventory: [entryOf('x')], stale: ['x'], failing });
    expect(run.log.join()).not.toContain('remove');
    expect(run.recorded.at(-1)).toEqual([attempted('a'), entryOf('x')]);
    expect(String(run.error)).toContain('deletions that wait until every write is through: 1');
  });

  it('keeps in the inventory what could not be deleted, in its order', async () => {
    const inventory = ['x', 'y', 'z'].map(entryOf);
    const failing = [`remove ${idOf('x')}`, `remove ${idOf('z')}`];
    const run = await new Run().play({ inventory, stale: ['x', 'y', 'z'], failing });
    expect(run.recorded).toEqual([[entryOf('x'), entryOf('z')]]);
    expect(run.error).toMatchObject({ code: 'TARGET_FAILED', cause: expect.any(AggregateError) });
  });

  it('reports every conflict, delivers the rest and still deletes', async () => {
    const scene = { build: ['a', 'b', 'c'], theirs: ['a', 'c'], inventory: [entryOf('x')], stale: ['x'] };
    const run = await new Run().play(scene);
    expect(run.log).toContain('created ConfigMap/shop/b');
    expect(run.log).toContain('deleted ConfigMap/shop/x');
    expect(run.recorded.at(-1)).toEqual([entryOf('b')]);
    const owner = 'owned by Kustomization/flux-system/infra';
    expect(run.error).toMatchObject({
      code: 'TARGET_CONFLICT',
      message: `scripted target: 2 objects could not be delivered: ConfigMap/shop/a ${owner}; ConfigMap/shop/c ${owner}`,
    });
  });

  it('never lists what another delivery owns in the inventory, not even ahead', async () => {
    const run = await new Run().play({ build: ['a', 'b'], theirs: ['a'] });
    expect(run.recorded.flat().map(({ id }) => id)).not.toContain(idOf('a'));
  });

  it('tells what is kept, with the reason', async () => {
    const run = await new Run().play({ inventory: [entryOf('x')], theirs: ['x'] });
    expect(run.log).toEqual(['kept ConfigMap/shop/x owned-by-other', 'record']);
  });

  it('lists 20 failures and counts the rest', async () => {
    const build = Array.from({ length: 25 }, (_, at) => `m${at}`);
    const run = await new Run().play({ build, theirs: build });
    expect(String(run.error)).toMatch(/: 25 objects .*ConfigMap\/shop\/m19 [^;]*; and 5 more$/);
  });

  it('writes nothing when the inventory cannot be recorded', async () => {
    const target = targetOf({});
    const objects = markOwned([configMap('a')], us);
    const observations = new Map([[idOf('a'), { kind: 'absent' } as const]]);
    const plan = planDelivery({
      objects,
      inventory: [],
      observations,
      delivery: { owner: us, prune: true, force: false },
    });
    const hooks = {
      recordInventory: async () => Promise.reject(new Error('disk full')),
      changed: () => undefined,
    };
    await expect(applyPlan(target, plan, hooks, new AbortController().signal)).rejects.toThrow('disk full');
    expect(target.calls).toEqual([]);
  });

  it('stops at once when the signal aborts, with its reason', async () => {
    const run = await new Run().play({ build: ['a'], signal: AbortSignal.abort(new Error('shutdown')) });
    expect([run.log, String(run.error)]).toEqual([[], 'Error: shutdown']);
  });
});
