import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne } from '../../../test/fixtures/plan-one.ts';

const observation = { kind: 'unserved' } as const;

describe('an object whose kind is not served', () => {
  it('stays in the inventory as it is when it left the build', () => {
    const kept = { kind: 'keep', reason: 'unserved' };
    expect(planOne({ observation, entry: 'confirmed' })).toMatchObject({ ...kept, entry: oneEntry });
    expect(planOne({ observation, entry: 'attempted' })).toMatchObject({
      ...kept,
      entry: { ...oneEntry, attempted: true },
    });
  });

  it('stays in the inventory where nothing is pruned, too', () => {
    expect(planOne({ observation, entry: 'confirmed', prune: false })).toMatchObject({ entry: oneEntry });
  });

  it('is created when the build asks for it: its definition may come with it', () => {
    expect(planOne({ observation, desired: configMap('one') })).toMatchObject({ kind: 'create' });
  });
});
