import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, them, us } from '../../../test/fixtures/plan-one.ts';

const desired = configMap('one');
const resting = new Set([oneEntry.id]);

describe('an object that another hand changes again and again', () => {
  it.each([
    ['differs', present(desired, us)],
    ['has lost its labels', present(desired, undefined)],
    ['is gone', { kind: 'absent' }],
  ] as const)('is left alone, and stays ours, while it rests and %s', (_behaviour, observation) => {
    expect(planOne({ desired, observation, entry: 'confirmed', resting })).toMatchObject({
      kind: 'keep',
      reason: 'fight',
      entry: oneEntry,
    });
  });

  it('is as it should be when it is', () => {
    expect(planOne({ desired, observation: present(desired, us, true), resting })).toMatchObject({
      kind: 'unchanged',
    });
  });

  it('is deleted when it leaves the build', () => {
    expect(planOne({ observation: present(desired, us), entry: 'confirmed', resting })).toMatchObject({
      kind: 'delete',
    });
  });

  it('is refused when it has become another delivery’s', () => {
    expect(planOne({ desired, observation: present(desired, them), resting })).toMatchObject({
      kind: 'refuse',
    });
  });
});
