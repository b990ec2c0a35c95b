import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, them, us } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');
const theirs = present(plainOne, them);

describe('an object that another delivery owns', () => {
  it.each([
    ['is refused, naming its owner', { desired: plainOne, observation: theirs }],
    [
      'is refused even if our inventory lists it',
      { desired: plainOne, observation: theirs, entry: 'confirmed' },
    ],
    ['is refused even where force is asked for', { desired: plainOne, observation: theirs, force: true }],
  ] as const)('%s', (_behaviour, one) => {
    const detail = 'owned by Kustomization/flux-system/infra';
    expect(planOne(one)).toMatchObject({ kind: 'refuse', reason: 'owned-by-other', detail });
  });

  it('is not deleted, and leaves our inventory', () => {
    const step = planOne({ entry: 'confirmed', observation: theirs });
    expect(step).toMatchObject({ kind: 'keep', reason: 'owned-by-other', entry: undefined });
  });

  it('is taken over from a neighbour that does not ask for it any more', () => {
    const neighbours = [{ owner: them, asks: new Set(['shop_two__ConfigMap']) }];
    expect(planOne({ desired: plainOne, observation: theirs, neighbours })).toMatchObject({ kind: 'change' });
  });

  it.each([
    ['still asks for it', { owner: them, asks: new Set([oneEntry.id]) }],
    ['may still ask for it', { owner: them, asks: undefined }],
    ['is not its owner', { owner: us, asks: new Set<string>() }],
    ['has only the name of its owner', { owner: { ...them, namespace: 'team' }, asks: new Set<string>() }],
  ])('is never taken over from a neighbour that %s', (_behaviour, neighbour) => {
    const step = planOne({ desired: plainOne, observation: theirs, neighbours: [neighbour] });
    expect(step).toMatchObject({ kind: 'refuse', reason: 'owned-by-other' });
  });

  it('is another one when only the namespace of the owner differs', () => {
    const observation = present(plainOne, { ...us, namespace: 'team' });
    expect(planOne({ desired: plainOne, observation })).toMatchObject({ kind: 'refuse' });
  });
});
