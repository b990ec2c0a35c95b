import { describe, expect, it } from 'vitest';
import { us } from '../../../test/fixtures/plan-one.ts';
import { planDelivery } from '../index.ts';

const scope = { owner: us, prune: true, force: false };

describe('an inventory entry that names no object', () => {
  it.each([
    ['no id at all', 'nonsense'],
    ['an id without a kind', 'shop_one__'],
    ['an id that would come back as another one', 'shop_a__b__ConfigMap'],
  ])('(%s) is kept and reported', (_behaviour, id) => {
    const inventory = [{ id, v: 'v1' }];
    const plan = planDelivery({ objects: [], inventory, observations: new Map(), delivery: scope });
    expect(plan.prunes).toEqual([
      {
        kind: 'keep',
        ref: { group: '', version: 'v1', kind: 'InventoryEntry', namespace: '', name: id },
        reason: 'unreadable-entry',
        entry: inventory[0],
      },
    ]);
  });
});
