import { describe, expect, it } from 'vitest';
import { readGroupVersions, readResourceList } from './discovery.ts';
import { readLiveObject, readTriedObject } from './live-object.ts';
import { readMetadataPage } from './metadata-page.ts';

const metadata = { name: 'a', uid: 'u', resourceVersion: '5' };
const failed = expect.objectContaining({ code: 'TARGET_FAILED' });

describe('what is served of a group', () => {
  const verbs = ['get', 'list', 'watch'];

  it('is known by kind, without what is a part of an object', () => {
    const resources = [
      { name: 'pods', kind: 'Pod', namespaced: true, verbs },
      { name: 'pods/status', kind: 'Pod', namespaced: true, verbs: ['get'] },
      { name: 'nodes', kind: 'Node', namespaced: false, verbs: ['get', 'list'] },
    ];
    const found = readResourceList(
      { kind: 'APIResourceList', resources },
      { group: '', version: 'v1' },
      '/api/v1',
    );
    expect([...found.values()]).toEqual([
      { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, watchable: true },
      { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false, watchable: false },
    ]);
  });

  it('has its versions in the order of the server', () => {
    const versions = [{ version: 'v2' }, { version: 'v1' }];
    expect(readGroupVersions({ kind: 'APIGroup', versions }, '/apis/a')).toEqual(['v2', 'v1']);
  });

  it.each([[{}], ['<html>'], [null], [{ kind: 'APIResourceList' }]])('is never nothing: %j', (body) => {
    expect(() => readResourceList(body, { group: '', version: 'v1' }, '/api/v1')).toThrow(failed);
    expect(() => readGroupVersions(body, '/apis/a')).toThrow(failed);
  });
});

describe('a page of a list', () => {
  it('tells its version, and where the next one begins', () => {
    const body = { metadata: { resourceVersion: '9', continue: 'c' }, items: [{ metadata }] };
    expect(readMetadataPage(body, '/api/v1/pods')).toEqual({
      items: [metadata],
      resourceVersion: '9',
      next: 'c',
    });
  });

  it('takes the null of an empty list for no objects, and any other null for no list', () => {
    const empty = { kind: 'PartialObjectMetadataList', metadata: { resourceVersion: '7' }, items: null };
    expect(readMetadataPage(empty, '/x')).toEqual({ items: [], resourceVersion: '7', next: '' });
    expect(() => readMetadataPage({ ...empty, kind: 'Status' }, '/x')).toThrow(failed);
  });

  it.each([
    [null],
    ['<html>'],
    [{}],
    [{ items: [] }],
    [{ metadata: { resourceVersion: '' }, items: [] }],
    [{ metadata: { resourceVersion: '9' } }],
    [{ metadata: { resourceVersion: '9' }, items: [{ metadata: { name: 'a' } }] }],
  ])('is never empty where it is no list: %j', (body) => {
    expect(() => readMetadataPage(body, '/api/v1/pods')).toThrow(failed);
  });
});

describe('an object of the server', () => {
  it('is given as it is', () => {
    const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: {} };
    expect(readLiveObject(body, 'Pod/a')).toBe(body);
  });

  it('has no version where it was only tried', () => {
    const { resourceVersion: _, ...tried } = metadata;
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: tried };
    expect(() => readLiveObject(body, 'Pod/a')).toThrow(failed);
    expect(readTriedObject(body, 'Pod/a').metadata).toEqual({ ...tried, resourceVersion: '' });
    expect(() => readTriedObject({}, 'Pod/a')).toThrow(failed);
  });

  it.each([[null], ['<html>'], [{}], [{ apiVersion: 'v1', kind: 'Pod' }], [{ metadata }]])(
    'is not %j',
    (body) => {
      expect(() => readLiveObject(body, 'Pod/a')).toThrow(failed);
    },
  );
});
