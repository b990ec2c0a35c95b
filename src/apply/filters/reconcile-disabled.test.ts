import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, us } from '../../../test/fixtures/plan-one.ts';

const key = 'kustomize.toolkit.fluxcd.io/reconcile';
const plainOne = configMap('one');
const disabledOne = configMap('one', { annotations: { [key]: 'Disabled' } });

describe('reconcile: disabled', () => {
  it.each([
    [
      'in the build keeps a live object of ours',
      { desired: disabledOne, observation: present(plainOne, us) },
      oneEntry,
    ],
    ['on the live object keeps it', { desired: plainOne, observation: present(disabledOne, us) }, oneEntry],
    [
      'in the build creates nothing and owns nothing',
      { desired: disabledOne, observation: { kind: 'absent' } },
      undefined,
    ],
    [
      'keeps a foreign object without a conflict',
      { desired: disabledOne, observation: present(plainOne, undefined) },
      undefined,
    ],
    [
      'on the live object keeps it from being pruned',
      { entry: 'confirmed', observation: present(disabledOne, us) },
      oneEntry,
    ],
  ] as const)('%s', (_behaviour, one, entry) => {
    expect(planOne(one)).toMatchObject({ kind: 'keep', reason: 'reconcile-disabled', entry });
  });

  it('with another value disables nothing', () => {
    const enabled = configMap('one', { annotations: { [key]: 'enabled' } });
    expect(planOne({ desired: enabled, observation: present(plainOne, us) })).toMatchObject({
      kind: 'change',
    });
  });
});
