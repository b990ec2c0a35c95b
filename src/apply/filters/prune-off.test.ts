import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, us } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');

describe('a delivery that does not prune', () => {
  it.each(['confirmed', 'attempted'] as const)('keeps what left the build in the inventory (%s)', (entry) => {
    const step = planOne({ prune: false, entry, observation: present(plainOne, us) });
    expect(step).toEqual({ kind: 'keep', ref: expect.anything(), reason: 'prune-off', entry: oneEntry });
  });

  it('deletes it once pruning is turned on', () => {
    const step = planOne({ prune: true, entry: 'confirmed', observation: present(plainOne, us) });
    expect(step).toMatchObject({ kind: 'delete' });
  });

  it('forgets what is gone already', () => {
    expect(planOne({ prune: false, entry: 'confirmed', observation: { kind: 'absent' } })).toBeUndefined();
  });
});
