import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, them, us } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');
const departure = { finalizers: ['example.com/hold'] };
const ours = { ...present(plainOne, us), departure };

describe('an object that left the build and is being deleted', () => {
  it('is not deleted again, and stays in the inventory with what holds it', () => {
    const step = planOne({ prune: true, entry: 'confirmed', observation: ours });
    const ref = expect.anything();
    expect(step).toEqual({ kind: 'keep', ref, reason: 'departing', entry: oneEntry, departure });
  });

  it('is none of our business where it belongs to another delivery', () => {
    const observation = { ...present(plainOne, them), departure };
    expect(planOne({ prune: true, entry: 'confirmed', observation })).toMatchObject({
      reason: 'owned-by-other',
    });
  });

  it('is not what a delivery that does not prune waits for', () => {
    const step = planOne({ prune: false, entry: 'confirmed', observation: ours });
    expect(step).toMatchObject({ reason: 'prune-off', entry: oneEntry });
  });
});
