import { describe, expect, it } from 'vitest';
import { createScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { present, us } from '../../../test/fixtures/plan-one.ts';
import { inventoryId } from '../../api/index.ts';
import {
  type KubernetesObject,
  type Observation,
  refOf,
  SealiftError,
  type Target,
} from '../../core/index.ts';
import {
  type ApplyHooks,
  applyPlan,
  markOwned,
  type Plan,
  planDelivery,
  shownPlan,
  tryPlan,
} from '../index.ts';

const secret = 'hunter"2-and-more';
const never = new AbortController().signal;

function planOf(data: KubernetesObject['data'], observation: Observation): Plan {
  const objects = markOwned([{ ...configMap('one'), data }], us);
  const id = inventoryId(refOf(configMap('one')));
  return planDelivery({
    objects,
    inventory: [],
    observations: new Map([[id, observation]]),
    delivery: { owner: us, prune: true, force: false },
    secretTexts: [secret],
  });
}

const live = (data: unknown): Observation =>
  present(markOwned([{ ...configMap('one'), data }], us)[0] ?? configMap('one'), us);

/** A server that repeats what it was sent. */
function echoing(detail: string) {
  const fault = new SealiftError('TARGET_INVALID', 'ConfigMap/shop/one', detail);
  const target = createScriptedTarget();
  return {
    ...target,
    trials: { verdictOn: async () => ({ kind: 'refused', error: fault }) as const },
    write: async () => {
      throw fault;
    },
  };
}

describe('what came out of a Secret', () => {
  it.each([
    ['as a whole value', { a: secret }, { a: 'x' }],
    ['as a part of one', { a: `postgres://me:${secret}@db` }, { a: 'x' }],
    ['in what was there before', { a: 'x' }, { a: `old ${secret}` }],
    ['deep in a value that is shown as one', { a: { b: [{ c: secret }] } }, {}],
  ])('is in no plan: %s', (_where, data, before) => {
    const shown = shownPlan(planOf(data, live(before)));
    expect(JSON.stringify(shown)).not.toContain('hunter');
    expect(shown.change[0]?.fields[0]).toMatchObject({ path: '/data/a' });
  });

  it('does not hide what is beside it', () => {
    const { change } = shownPlan(planOf({ a: secret, b: '2' }, live({ a: 'x', b: '1' })));
    expect(change[0]?.fields).toEqual([
      { path: '/data/a', before: '"x"', after: '***' },
      { path: '/data/b', before: '"1"', after: '"2"' },
    ]);
  });

  it.each([
    ['as it is', `Invalid value: ${secret}: no`, 'Invalid value: ...: no'],
    ['as JSON has it', `got ${JSON.stringify(secret)}`, 'got "..."'],
    ['cut in the middle', 'data[a]: got hunter\\"2-a...', 'data[a]: got ...'],
  ])('is in no refusal and no failure: %s', async (_form, detail, shown) => {
    const target = echoing(detail);
    const plan = planOf({ a: secret }, { kind: 'absent' });
    const tried = await tryPlan(target, plan, never);
    expect(shownPlan(tried).refuse).toMatchObject([{ detail: shown }]);
    const hooks = { recordInventory: async () => undefined, changed: () => undefined };
    const thrown = await applyPlan(target, plan, hooks, never).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(SealiftError);
    const { message, cause, code } = thrown as SealiftError;
    expect([code, message]).toEqual(['TARGET_INVALID', expect.stringContaining(shown)]);
    expect(`${message} ${String(cause)} ${String((cause as Error).cause)}`).not.toContain('hunter');
  });

  it('is in nothing that the target has to say of what it took', async () => {
    const target: Target = {
      ...createScriptedTarget(),
      write: async (_, { warned }) => warned?.([`data[a]: ${secret} is weak`, 'v1 is deprecated']),
    };
    const told: string[] = [];
    const hooks: ApplyHooks = {
      recordInventory: async () => undefined,
      changed: () => undefined,
      warned: (ref, message) => told.push(`${ref.name}: ${message}`),
    };
    await applyPlan(target, planOf({ a: secret }, { kind: 'absent' }), hooks, never);
    expect(told).toEqual(['one: data[a]: ... is weak; v1 is deprecated']);
  });
});
