import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, them, us } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');
const once = configMap('one', { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } });

describe('ssa: IfNotPresent', () => {
  it('creates the object where there is none', () => {
    expect(planOne({ desired: once, observation: { kind: 'absent' } })).toMatchObject({ kind: 'create' });
  });

  it.each([
    ['keeps ours as it is, and owns it', { observation: present(plainOne, us) }, oneEntry],
    [
      'keeps a foreign one without a conflict, and does not own it',
      { observation: present(plainOne, undefined) },
      undefined,
    ],
    [
      'keeps that of another delivery without a conflict',
      { observation: present(plainOne, them) },
      undefined,
    ],
    [
      'keeps what cannot be read',
      { observation: { kind: 'unreadable', detail: 'no valid YAML' } },
      undefined,
    ],
  ] as const)('%s', (_behaviour, one, entry) => {
    const step = planOne({ desired: once, ...one });
    expect(step).toMatchObject({ kind: 'keep', reason: 'ssa-if-not-present', entry });
  });

  it('on the live object alone does not stop an apply', () => {
    expect(planOne({ desired: plainOne, observation: present(once, us) })).toMatchObject({ kind: 'change' });
  });

  it('does not keep an object that left the build', () => {
    expect(planOne({ entry: 'confirmed', observation: present(once, us) })).toMatchObject({ kind: 'delete' });
  });
});
