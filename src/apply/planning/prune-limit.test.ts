import { describe, expect, it } from 'vitest';
import { createScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { present, us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import { refOf } from '../../core/index.ts';
import { applyPlan, markOwned, observeDelivery, type Plan, planDelivery } from '../index.ts';

const signal = new AbortController().signal;
const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const entryOf = (name: string): InventoryEntry => toInventoryEntry(refOf(configMap(name)));

interface Scene {
  /** Owned and live. */
  readonly owned: readonly string[];
  readonly build: readonly string[];
  readonly prune?: boolean;
  readonly mayShrink?: boolean;
}

function targetWith(owned: readonly string[]): ReturnType<typeof createScriptedTarget> {
  const target = createScriptedTarget();
  for (const name of owned) {
    target.observations.set(inventoryId(refOf(configMap(name))), present(configMap(name), us, true));
  }
  return target;
}

async function planOf({ owned, build, prune = true, mayShrink = false }: Scene): Promise<Plan> {
  const objects = markOwned(
    build.map((name) => configMap(name)),
    us,
  );
  const inventory = owned.map(entryOf);
  const observations = await observeDelivery(targetWith(owned), objects, inventory, signal);
  return planDelivery({
    objects,
    inventory,
    observations,
    delivery: { owner: us, prune, force: false, mayShrink },
  });
}

async function countOf(scene: Scene): Promise<Record<string, number>> {
  const kinds = (await planOf(scene)).prunes.map(({ kind }) => kind);
  const count = (kind: string): number => kinds.filter((one) => one === kind).length;
  return { deleted: count('delete'), held: count('hold') };
}

describe('the limit of deletions', () => {
  it.each<[string, Scene, Record<string, number>]>([
    ['lets half of the objects go', { owned: named('m', 12), build: named('m', 6) }, { deleted: 6, held: 0 }],
    ['holds more than half', { owned: named('m', 12), build: named('m', 5) }, { deleted: 0, held: 7 }],
    [
      'lets more than half go of what is little anyway',
      { owned: named('m', 5), build: named('m', 1) },
      { deleted: 4, held: 0 },
    ],
    ['holds everything when the build is empty', { owned: ['m0'], build: [] }, { deleted: 0, held: 1 }],
    [
      'lets all of them change their names',
      { owned: named('m', 12), build: named('n', 12) },
      { deleted: 12, held: 0 },
    ],
    [
      'lets everything go where that is said to be meant',
      { owned: named('m', 12), build: [], mayShrink: true },
      { deleted: 12, held: 0 },
    ],
    [
      'is not asked where nothing is pruned',
      { owned: named('m', 12), build: [], prune: false },
      { deleted: 0, held: 0 },
    ],
  ])('%s', async (_behaviour, scene, counts) => {
    expect(await countOf(scene)).toEqual(counts);
  });

  it('writes everything else, keeps what is held in the inventory, and says so', async () => {
    const owned = named('m', 12);
    const target = targetWith(owned);
    let recorded: readonly InventoryEntry[] = [];
    const hooks = {
      recordInventory: async (entries: readonly InventoryEntry[]) => {
        recorded = entries;
      },
      changed: () => undefined,
    };
    const plan = await planOf({ owned, build: ['m0', 'new'] });
    await expect(applyPlan(target, plan, hooks, signal)).rejects.toMatchObject({
      code: 'PRUNE_LIMIT',
      message: expect.stringMatching(
        /^scripted target: expected most of its objects to stay, got 11 .*: ConfigMap\/shop\/m11, /,
      ),
    });
    expect(target.calls).toEqual(['write shop_new__ConfigMap']);
    expect(recorded.map(({ id }) => id).toSorted()).toEqual(
      [...owned, 'new'].map((name) => `shop_${name}__ConfigMap`).toSorted(),
    );
  });

  it('is told beside what failed', async () => {
    const owned = named('m', 12);
    const target = targetWith(owned);
    target.failing.add('write shop_new__ConfigMap');
    const hooks = { recordInventory: async () => undefined, changed: () => undefined };
    const plan = await planOf({ owned, build: ['m0', 'new'] });
    await expect(applyPlan(target, plan, hooks, signal)).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('deletions that are more than may go at once: 11'),
    });
  });
});
