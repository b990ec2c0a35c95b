import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { planOne, present } from '../../../test/fixtures/plan-one.ts';

const plainOne = configMap('one');
const unlabelled = present(plainOne, undefined);
const unreadable = { kind: 'unreadable', detail: 'no valid YAML' } as const;
const blocked = { kind: 'blocked', detail: 'a directory' } as const;

describe('a foreign object', () => {
  it.each([
    ['without owner labels', { observation: unlabelled }, 'exists already and carries no owner labels'],
    [
      'that our first write may have lost against',
      { observation: unlabelled, entry: 'attempted' },
      'exists already and carries no owner labels',
    ],
    ['that cannot be read', { observation: unreadable }, 'its place is taken: no valid YAML'],
    [
      'that cannot be read, where a first write was attempted',
      { observation: unreadable, entry: 'attempted' },
      'its place is taken: no valid YAML',
    ],
    [
      'that is no object, even where ours was',
      { observation: blocked, entry: 'confirmed' },
      'its place is taken: a directory',
    ],
  ] as const)('%s is refused', (_behaviour, one, detail) => {
    const step = planOne({ desired: plainOne, ...one });
    expect(step).toMatchObject({ kind: 'refuse', reason: 'foreign-object', detail });
  });

  it.each([
    ['where a first write was attempted', { observation: unlabelled, entry: 'attempted' }],
    [
      'that cannot be read, where a first write was attempted',
      { observation: unreadable, entry: 'attempted' },
    ],
    ['that is no object', { observation: blocked, entry: 'confirmed' }],
  ] as const)('%s is not deleted, and leaves the inventory', (_behaviour, one) => {
    expect(planOne(one)).toMatchObject({ kind: 'keep', reason: 'foreign-object', entry: undefined });
  });
});

describe('an object of ours that an edit broke', () => {
  it('is repaired', () => {
    const step = planOne({ desired: plainOne, observation: unreadable, entry: 'confirmed' });
    expect(step).toMatchObject({ kind: 'change', changes: undefined });
  });

  it('is deleted when it leaves the build', () => {
    expect(planOne({ observation: unreadable, entry: 'confirmed' })).toMatchObject({ kind: 'delete' });
  });
});
