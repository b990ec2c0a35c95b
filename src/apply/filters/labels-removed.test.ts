import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { planOne, present } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');
const released = present(plainOne, undefined);

describe('an object of ours whose owner labels were taken off', () => {
  it('is kept when it leaves the build, and leaves the inventory', () => {
    const step = planOne({ entry: 'confirmed', observation: released });
    expect(step).toMatchObject({ kind: 'keep', reason: 'labels-removed', entry: undefined });
  });

  it('gets them back while the build asks for it', () => {
    const step = planOne({ desired: plainOne, entry: 'confirmed', observation: released });
    expect(step).toMatchObject({ kind: 'change' });
  });
});
