import { expect, it } from 'vitest';
import { createScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { present, us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import { type Departure, refOf } from '../../core/index.ts';
import { applyPlan, observeDelivery, planDelivery } from '../index.ts';

const { signal } = new AbortController();
const entryOf = (name: string): InventoryEntry => toInventoryEntry(refOf(configMap(name)));
const hold: Departure = { finalizers: ['example.com/hold'] };

it('what is deleted and not gone is told with what holds it, stays in the inventory, and holds nothing up', async () => {
  const target = createScriptedTarget();
  for (const name of ['stuck', 'quick'])
    target.observations.set(inventoryId(refOf(configMap(name))), present(configMap(name), us));
  target.departures.set(inventoryId(refOf(configMap('stuck'))), hold);
  const inventory = [entryOf('quick'), entryOf('stuck')];
  const observations = await observeDelivery(target, [], inventory, signal);
  const delivery = { owner: us, prune: true, force: false, mayShrink: true };
  const plan = planDelivery({ objects: [], inventory, observations, delivery });
  const told: [string, Departure][] = [];
  const deleted: string[] = [];
  const hooks = {
    recordInventory: async () => undefined,
    changed: ({ name }: { readonly name: string }) => void deleted.push(name),
    departing: ({ name }: { readonly name: string }, departure: Departure) =>
      void told.push([name, departure]),
  };
  const outcome = await applyPlan(target, plan, hooks, signal);
  expect(told).toEqual([['stuck', hold]]);
  expect(deleted).toEqual(['stuck', 'quick']);
  expect(outcome).toMatchObject({ changed: 2, inventory: [entryOf('stuck')] });
});
