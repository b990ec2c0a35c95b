import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import type { KubernetesObject } from '../../core/index.ts';
import { refOf } from '../../core/index.ts';
import { differs, type Plan, shownPlan } from '../index.ts';

const one = configMap('one');
const ref = refOf(one);
const entry = { id: 'shop_one__ConfigMap', v: 'v1' };
const steps = (...applies: Plan['applies']): Plan => ({ applies, prunes: [], inventory: [] });
const empty = { create: [], change: [], delete: [], hold: [], refuse: [], keep: [], unchanged: 0 };

describe('a plan as people read it', () => {
  it('names what would happen to each object, and counts what would not change', () => {
    const secret: KubernetesObject = { ...one, kind: 'Secret', data: { token: 'very secret' } };
    const fields = [{ path: '/data/token', before: '***', after: '***' }];
    const plan: Plan = {
      applies: [
        { kind: 'create', ref, object: secret },
        { kind: 'change', ref, object: secret, changes: { fields, omitted: 3 }, recreate: true },
        { kind: 'change', ref, object: secret, changes: undefined, recreate: false },
        { kind: 'unchanged', ref },
        { kind: 'refuse', ref, reason: 'foreign-object', detail: 'exists already' },
      ],
      prunes: [
        { kind: 'delete', ref, entry },
        { kind: 'hold', ref, entry },
        { kind: 'keep', ref, reason: 'prune-off', entry },
      ],
      inventory: [],
    };
    const shown = shownPlan(plan);
    expect(shown).toEqual({
      create: [ref],
      change: [
        { object: ref, fields, omitted: 3, recreate: true },
        { object: ref, fields: [], omitted: 0, recreate: false },
      ],
      delete: [ref],
      hold: [ref],
      refuse: [{ object: ref, reason: 'foreign-object', detail: 'exists already' }],
      keep: [{ object: ref, reason: 'prune-off' }],
      unchanged: 1,
    });
    expect(JSON.stringify(shown)).not.toContain('very secret');
  });

  it.each<[string, Plan, boolean]>([
    ['is none where all is as it should be', steps({ kind: 'unchanged', ref }), false],
    [
      'is none where something is left alone on purpose',
      steps({ kind: 'keep', ref, reason: 'ssa-ignore', entry: undefined }),
      false,
    ],
    ['is one where something would be written', steps({ kind: 'create', ref, object: one }), true],
    [
      'is one where something cannot be written',
      steps({ kind: 'refuse', ref, reason: 'owned-by-other', detail: 'owned by another' }),
      true,
    ],
    [
      'is one where something would be deleted but for the limit',
      { ...steps(), prunes: [{ kind: 'hold', ref, entry }] },
      true,
    ],
  ])('a difference %s', (_behaviour, plan, expected) => {
    expect(differs(shownPlan(plan))).toBe(expected);
  });

  it('comes to nothing for nothing', () => {
    expect(shownPlan(steps())).toEqual(empty);
  });
});
