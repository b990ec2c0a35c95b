import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveMetadata } from '../client/client.ts';
import { asFarAsAsked } from '../comparing/shown-live.ts';
import { canonicalText } from '../text/canonical-text.ts';
import { glimpseOf, sameGlimpse } from './glimpse.ts';
import { desiredHash } from './trace-of.ts';
import { isOlder } from './versions.ts';

const own = {
  manager: 'kustomize-controller',
  operation: 'Apply',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsV1: { 'f:data': { 'f:a': {} } },
};
const metadata: LiveMetadata = { name: 'one', uid: 'u', resourceVersion: '7', managedFields: [own] };

/** The same value with the fields of every map in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, turned(field)]),
  );
}

/** As JSON tells it: it knows no negative zero. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('what is remembered of an object', () => {
  it('is the same whatever the order of its fields, and another for another value', () => {
    const values = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
    const property = fc.property(values, values, (one, other) => {
      expect(canonicalText(turned(one))).toBe(canonicalText(one));
      expect(canonicalText(one) === canonicalText(other)).toBe(isDeepStrictEqual(plain(one), plain(other)));
    });
    fc.assert(property);
  });

  it('tells integers apart that a number cannot', () => {
    const object = (value: unknown) => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, value });
    const hashes = [2n ** 60n, 2n ** 60n + 1n, '1152921504606846976'].map((value) =>
      desiredHash({ desired: object(value), ignored: [] }),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  it.each<[string, Partial<LiveMetadata>, boolean]>([
    ['its version alone', { resourceVersion: '8' }, true],
    ['fields of another manager', { managedFields: [own, { ...own, manager: 'other' }] }, true],
    ['labels that say nothing to us', { labels: { a: 'b' } }, true],
    ['a field of ours', { managedFields: [{ ...own, fieldsV1: { 'f:data': {} } }] }, false],
    ['the time of our entry', { managedFields: [{ ...own, time: '2026-01-01T00:00:01Z' }] }, false],
    ['the version of our entry', { managedFields: [{ ...own, apiVersion: 'v2' }] }, false],
    ['our entry itself', { managedFields: [] }, false],
    ['a status in our name', { managedFields: [own, { ...own, subresource: 'status' }] }, true],
    [
      'fields of kubectl',
      { managedFields: [own, { ...own, manager: 'kubectl-edit', operation: 'Update' }] },
      false,
    ],
    ['its UID', { uid: 'other' }, false],
    [
      'its owner',
      { labels: { 'kustomize.toolkit.fluxcd.io/name': 'a', 'kustomize.toolkit.fluxcd.io/namespace': 'b' } },
      false,
    ],
    ['a setting', { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } }, false],
  ])('is or is not the same after a change of %s', (_, change, isSame) => {
    expect(sameGlimpse(glimpseOf(metadata), glimpseOf({ ...metadata, ...change }))).toBe(isSame);
  });

  it('holds no long values', () => {
    const key = 'kustomize.toolkit.fluxcd.io/ssa';
    const { marks } = glimpseOf({ ...metadata, annotations: { [key]: 'x'.repeat(1000), other: 'y' } });
    expect(marks).toEqual({ annotations: { [key]: 'x'.repeat(64) } });
  });
});

describe('versions', () => {
  it.each([
    ['9', '10', true],
    ['10', '9', false],
    ['7', '7', false],
    ['99999999999999999998', '99999999999999999999', true],
    ['a', '10', false],
    ['9', '', false],
  ])('%s is older than %s: %j', (a, b, expected) => expect(isOlder(a, b)).toBe(expected));
});

describe('a live object', () => {
  it('is shown as far as it was asked for', () => {
    const desired = {
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a' },
      spec: { list: [{ a: 1 }], gone: 1, text: 'x' },
    };
    const live = {
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a', uid: 'u' },
      spec: { list: [{ a: 2, filled: 1 }, { a: 3 }], text: { odd: 1 }, filled: 1 },
      status: {},
    };
    expect(asFarAsAsked(live, desired)).toEqual({
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a' },
      spec: { list: [{ a: 2 }, { a: 3 }], text: { odd: 1 } },
    });
  });
});
