import { expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { type KubernetesObject, refOf, type Target, type WriteOptions } from '../../core/index.ts';
import { applyPlan } from '../run/apply-plan.ts';
import { planAgainst } from './plan-against.ts';
import { shownPlan } from './shown-plan.ts';

const idle = new AbortController().signal;
const owner = { name: 'apps', namespace: 'flux-system' };
const neighbours = async () => ({ neighbours: [], elsewhere: new Set<string>() });
const one = (data: Readonly<Record<string, string>>): KubernetesObject => configMap('one', { owner, data });
const rules = [
  { paths: ['/data/theirs', '/data/gone'], target: { name: 'one' } },
  { paths: ['/data/ours'], target: { name: 'other' } },
];

/** A target that holds this object, and notes what it is told. */
function holding(live: KubernetesObject): Target & { readonly told: unknown[] } {
  const told: unknown[] = [];
  return {
    told,
    description: 'a target with one object',
    observe: async (_ref, _desired, _signal, ignored) => {
      told.push(['observe', ignored]);
      return { kind: 'present', owner, matches: false, marks: live.metadata, live };
    },
    write: async (_object, options: WriteOptions) => void told.push(['write', options.ignored]),
    remove: async () => undefined,
    watch: async () => undefined,
  };
}

it('fields that are left to others are told to the target, and are no part of a plan', async () => {
  const target = holding(one({ ours: '1', theirs: 'other' }));
  const desired = one({ ours: '2', theirs: '2', gone: '2' });
  const scope = { owner, prune: true, force: false, ignore: rules };
  const plan = await planAgainst(target, { scope, objects: [desired], inventory: [], neighbours }, idle);
  expect(shownPlan(plan).change).toMatchObject([
    { object: refOf(desired), fields: [{ path: '/data/ours', before: '"1"', after: '"2"' }], omitted: 0 },
  ]);
  const hooks = { recordInventory: async () => undefined, changed: () => undefined };
  await applyPlan(target, plan, hooks, idle);
  const ignored = ['/data/theirs', '/data/gone'];
  expect(target.told).toEqual([
    ['observe', ignored],
    ['write', ignored],
  ]);
});
