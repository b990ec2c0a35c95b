import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectRef } from '../core/index.ts';
import { durationSchema } from './duration.ts';
import {
  extensionName,
  extensionOid,
  formatDuration,
  fromInventoryEntry,
  inventoryId,
  secretValues,
  setConditions,
  siteObjectSchema,
  toInventoryEntry,
} from './index.ts';

describe('durationSchema', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5m', 90_000],
    ['250ms', 250],
  ])('reads %s', (text, ms) => {
    expect(durationSchema.parse(text)).toBe(ms);
  });

  it.each(['', '5', '5d', 'm', '-1s', '1 m'])('refuses "%s"', (text) => {
    expect(durationSchema.safeParse(text).success).toBe(false);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [0.4, '0s'],
    [25.2, '25ms'],
    [999.9, '1s'],
    [5_081, '5.081s'],
    [30_000, '30s'],
    [120_000, '2m0s'],
    [3_600_000, '1h0m0s'],
    [90_061_500, '25h1m1.5s'],
  ])('writes %d ms as Go does: %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('certificate extensions', () => {
  it.each([
    ['sourceRepository', '1.3.6.1.4.1.57264.1.12'],
    ['1.2.3.4', '1.2.3.4'],
  ])('goes by %s, or by its number', (name, oid) => {
    expect(extensionOid(name)).toBe(oid);
    expect(extensionName(oid)).toBe(name);
  });
});

describe('inventory ids', () => {
  it.each([
    [
      { namespace: 'shop-app', name: 'web', group: 'apps', kind: 'Deployment', version: 'v1' },
      'shop-app_web_apps_Deployment',
    ],
    [
      { namespace: '', name: 'shop-app', group: '', kind: 'Namespace', version: 'v1' },
      '_shop-app__Namespace',
    ],
    [
      {
        namespace: '',
        name: 'system:node',
        group: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        version: 'v1',
      },
      '_system__node_rbac.authorization.k8s.io_ClusterRole',
    ],
    [
      {
        namespace: 'shop',
        name: 'a__b_c',
        group: 'rbac.authorization.k8s.io',
        kind: 'Role',
        version: 'v1',
      },
      'shop_a__b_c_rbac.authorization.k8s.io_Role',
    ],
  ])('are written as Flux writes them: %o', (ref, id) => {
    expect(inventoryId(ref)).toBe(id);
    expect(fromInventoryEntry(toInventoryEntry(ref))).toEqual(ref);
  });

  it('stand alone, as in Flux, but where they read back as another name', () => {
    const role = { namespace: '', group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', version: 'v1' };
    expect(toInventoryEntry({ ...role, name: 'a:b' })).not.toHaveProperty('name');
    expect(toInventoryEntry({ ...role, name: 'a__b' })).toHaveProperty('name', 'a__b');
  });

  it('come back as the object they name, for every name the API allows', () => {
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?$/);
    const ref: fc.Arbitrary<ObjectRef> = fc.record({
      namespace: fc.oneof(fc.constant(''), label),
      name: fc.array(label, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
      group: fc.oneof(
        fc.constant(''),
        fc.array(label, { minLength: 2, maxLength: 3 }).map((parts) => parts.join('.')),
      ),
      kind: fc.stringMatching(/^[A-Z][A-Za-z]{0,12}$/),
      version: fc.constant('v1'),
    });
    fc.assert(
      fc.property(ref, (one) => {
        expect(fromInventoryEntry(toInventoryEntry(one))).toEqual(one);
      }),
    );
  });

  it.each(['', 'a', 'a_b', '_a_', 'a_b_c'])('that are none are not read: "%s"', (id) => {
    expect(fromInventoryEntry({ id, v: 'v1' })).toBeUndefined();
  });
});

describe('setConditions', () => {
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Succeeded',
    message: 'm',
    observedGeneration: 1,
  } as const;
  const first = setConditions([], [ready], 0);

  it('moves the transition time when status, reason or message change, and only then', () => {
    expect(setConditions(first, [{ ...ready, observedGeneration: 2 }], 5_000)[0]).toMatchObject({
      lastTransitionTime: '1970-01-01T00:00:00Z',
      observedGeneration: 2,
    });
    for (const change of [{ status: 'False' as const }, { reason: 'Failed' }, { message: 'n' }]) {
      expect(setConditions(first, [{ ...ready, ...change }], 5_000)[0]?.lastTransitionTime).toBe(
        '1970-01-01T00:00:05Z',
      );
    }
  });

  it('cuts what the API would refuse, and sees no change in the same long message', () => {
    const long = { ...ready, message: 'x'.repeat(40_000) };
    const once = setConditions(first, [long], 1_000);
    expect(once[0]?.message).toHaveLength(32_768);
    expect(setConditions(once, [long], 9_000)).toEqual(once);
  });
});

describe('Secret', () => {
  it('gives its values decoded, stringData over data', () => {
    const secret = siteObjectSchema.parse({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x' },
      data: { a: 'YQ==', b: 'Yg==' },
      stringData: { b: 'B' },
    });
    expect(secret.kind === 'Secret' && secretValues(secret)).toEqual({ a: 'a', b: 'B' });
  });
});

describe('VerificationPolicy', () => {
  const policy = { apiVersion: 'sealift.dev/v1alpha1', kind: 'VerificationPolicy', metadata: { name: 'x' } };
  const authorities = [{ name: 'key', key: { data: 'pem' } }];
  const match = { repositories: ['**'] };

  it.each([
    ['matches nothing', { match: {}, authorities }],
    ['trusts nobody', { match, authorities: [] }],
    ['has an authority without a key', { match, authorities: [{ name: 'key', key: {} }] }],
    [
      'has an authority with two keys',
      { match, authorities: [{ name: 'key', key: { data: 'pem', secretRef: { name: 'x' } } }] },
    ],
    ['looks at no format', { match, authorities, formats: [] }],
    ['has a field nobody reads', { match, authorities, mod: 'warn' }],
  ])('is refused when it %s', (_, spec) => {
    expect(siteObjectSchema.safeParse({ ...policy, spec }).success).toBe(false);
  });
});
