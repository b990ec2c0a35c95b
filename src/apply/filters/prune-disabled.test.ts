import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, us } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');
const disabledOne = configMap('one', { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } });

describe('prune: disabled', () => {
  it('on the live object keeps it, and keeps it in the inventory', () => {
    const step = planOne({ entry: 'confirmed', observation: present(disabledOne, us) });
    expect(step).toMatchObject({ kind: 'keep', reason: 'prune-disabled', entry: oneEntry });
  });

  it('does not stop an apply', () => {
    const step = planOne({ desired: disabledOne, observation: present(plainOne, us) });
    expect(step).toMatchObject({ kind: 'change' });
  });
});
