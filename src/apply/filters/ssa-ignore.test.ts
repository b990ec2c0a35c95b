import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, us } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');
const ignored = configMap('one', { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' } });

describe('ssa: Ignore', () => {
  it.each([
    [
      'in the build keeps a live object of ours',
      { desired: ignored, observation: present(plainOne, us) },
      oneEntry,
    ],
    ['on the live object keeps it', { desired: plainOne, observation: present(ignored, us) }, oneEntry],
    [
      'in the build creates nothing and owns nothing',
      { desired: ignored, observation: { kind: 'absent' } },
      undefined,
    ],
    [
      'keeps a foreign object without a conflict',
      { desired: ignored, observation: present(plainOne, undefined) },
      undefined,
    ],
    [
      'on the live object keeps it from being pruned',
      { entry: 'confirmed', observation: present(ignored, us) },
      oneEntry,
    ],
  ] as const)('%s', (_behaviour, one, entry) => {
    expect(planOne(one)).toMatchObject({ kind: 'keep', reason: 'ssa-ignore', entry });
  });
});
