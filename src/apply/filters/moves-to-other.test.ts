import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { oneEntry, planOne, present, them, us } from '../../../test/fixtures/plan-one.ts';
import { planDelivery } from '../index.ts';

const ours = present(configMap('one'), us);
const other = { owner: { name: 'more', namespace: 'flux-system' }, asks: new Set(['shop_two__ConfigMap']) };

describe('an object that left the build', () => {
  it('stays, and stays in the inventory, when a neighbour asks for it', () => {
    const neighbours = [other, { owner: them, asks: new Set([oneEntry.id]) }];
    expect(planOne({ entry: 'confirmed', observation: ours, neighbours })).toMatchObject({
      kind: 'keep',
      reason: 'moves-to-other',
      entry: oneEntry,
    });
  });

  it('stays while nobody can tell what a neighbour asks for', () => {
    const neighbours = [other, { owner: them, asks: undefined }];
    expect(planOne({ entry: 'confirmed', observation: ours, neighbours })).toMatchObject({
      kind: 'keep',
      reason: 'claims-unknown',
      entry: oneEntry,
    });
  });

  it.each([
    [
      'stays while it may be asked for in its own namespace',
      'shop',
      { kind: 'keep', reason: 'claims-unknown' },
    ],
    ['is deleted when all that may be asked for is in another namespace', 'yard', { kind: 'delete' }],
  ])('%s', (_behaviour, namespace, step) => {
    const neighbours = [{ owner: them, asks: undefined, namespace }];
    expect(planOne({ entry: 'confirmed', observation: ours, neighbours })).toMatchObject(step);
  });

  it('stays where it is in no namespace, whatever namespace may be asked for', () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'one' },
    };
    const entry = { id: '_one_rbac.authorization.k8s.io_ClusterRole', v: 'v1' };
    const observations = new Map([[entry.id, present(role, us)]]);
    const neighbours = [{ owner: them, asks: undefined, namespace: 'yard' }];
    const delivery = { owner: us, prune: true, force: false };
    const { prunes } = planDelivery({ delivery, objects: [], inventory: [entry], observations, neighbours });
    expect(prunes).toMatchObject([{ kind: 'keep', reason: 'claims-unknown' }]);
  });

  it('is deleted when no neighbour asks for it', () => {
    expect(planOne({ entry: 'confirmed', observation: ours, neighbours: [other] })).toMatchObject({
      kind: 'delete',
    });
  });

  it('leaves the inventory once the neighbour has it', () => {
    const neighbours = [{ owner: them, asks: new Set([oneEntry.id]) }];
    const observation = present(configMap('one'), them);
    expect(planOne({ entry: 'confirmed', observation, neighbours })).toMatchObject({
      kind: 'keep',
      reason: 'owned-by-other',
      entry: undefined,
    });
  });
});
