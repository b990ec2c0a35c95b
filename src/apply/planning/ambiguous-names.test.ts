import { describe, expect, it } from 'vitest';
import { createScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { present, us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import { type KubernetesObject, type Observation, refOf } from '../../core/index.ts';
import { applyPlan, markOwned, type Plan, planDelivery } from '../index.ts';

const role: KubernetesObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'a__b' },
};
const id = inventoryId(refOf(role));
const entry = toInventoryEntry(refOf(role));

function planOf(
  build: readonly KubernetesObject[],
  inventory: readonly InventoryEntry[],
  { prune = true, seen = present(role, us, true) }: { prune?: boolean; seen?: Observation } = {},
): Plan {
  return planDelivery({
    objects: markOwned(build, us),
    inventory,
    observations: new Map([[id, seen]]),
    delivery: { owner: us, prune, force: false, mayShrink: true },
  });
}

describe('a role whose name reads back from its id as another one', () => {
  it('is deleted under its own name when it leaves the build', () => {
    expect(planOf([], [entry]).prunes).toMatchObject([{ kind: 'delete', ref: { name: 'a__b' }, entry }]);
  });

  it('keeps its name in the inventory while it is kept', () => {
    expect(planOf([], [entry], { prune: false }).prunes).toMatchObject([{ kind: 'keep', entry }]);
    const attempted = { ...entry, attempted: true as const };
    expect(planOf([], [attempted], { prune: false }).prunes).toMatchObject([{ kind: 'keep', entry }]);
  });

  it('gets its name into an inventory that had the id alone', async () => {
    const recorded: (readonly InventoryEntry[])[] = [];
    const hooks = {
      recordInventory: async (entries: readonly InventoryEntry[]) => {
        recorded.push(entries);
      },
      changed: () => undefined,
    };
    const plan = planOf([role], [{ id, v: 'v1' }]);
    await applyPlan(createScriptedTarget(), plan, hooks, new AbortController().signal);
    expect(recorded).toEqual([[entry]]);
  });
});
