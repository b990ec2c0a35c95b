import { describe, expect, it } from 'vitest';
import { readSample } from './read-sample.ts';

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, watchable: true };
const metadata = { name: 'a', uid: 'u', resourceVersion: '1' };

describe('some objects of a list', () => {
  it('say what they are, which lists of built-in kinds leave out', () => {
    const body = { kind: 'PodList', items: [{ metadata, spec: {} }] };
    expect(readSample(body, pods, '/pods')).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata, spec: {} }]);
    const [widget] = readSample(body, { ...pods, group: 'example.com', kind: 'Widget' }, '/widgets');
    expect(widget).toMatchObject({ apiVersion: 'example.com/v1', kind: 'Widget' });
  });

  it('are none where the list is empty, however Go writes that', () => {
    expect(readSample({ items: [] }, pods, '/pods')).toEqual([]);
    expect(readSample({ items: null }, pods, '/pods')).toEqual([]);
  });

  it.each([undefined, null, {}, { items: {} }, { items: [{}] }, { items: [null] }])(
    'are not made up from anything else: %j',
    (body) => {
      expect(() => readSample(body, pods, '/pods')).toThrow(
        expect.objectContaining({ code: 'TARGET_FAILED' }),
      );
    },
  );
});
