import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { planOne, present, us } from '../../../test/fixtures/plan-one.ts';
import type { KubernetesObject } from '../../core/index.ts';
import { type ChangedFields, markOwned } from '../index.ts';

/** What a plan says of a live ConfigMap with `live` as its data, where the build asks for `desired`. */
function changesOf(live: unknown, desired: unknown, extra: Record<string, unknown> = {}): ChangedFields {
  const object = (data: unknown): KubernetesObject => ({ ...configMap('one'), ...extra, data });
  const marked = markOwned([object(live)], us)[0] ?? configMap('one');
  const step = planOne({ desired: object(desired), observation: present(marked, us) });
  if (step?.kind !== 'change' || step.changes === undefined)
    throw new Error(`expected a change: ${step?.kind}`);
  return step.changes;
}

describe('the changed fields of a plan', () => {
  it.each([
    ['a value that differs', { a: 'x' }, { a: 'y' }, ['/data/a', '"x"', '"y"']],
    ['a field that is new', {}, { a: 'y' }, ['/data/a', undefined, '"y"']],
    ['a field that goes', { a: 'x' }, {}, ['/data/a', '"x"', undefined]],
    ['a type that differs', { a: '1' }, { a: 1 }, ['/data/a', '"1"', '1']],
    ['a null that is no absence', { a: null }, {}, ['/data/a', 'null', undefined]],
    ['an element of a list', { a: [1, 2] }, { a: [1, 3] }, ['/data/a/1', '2', '3']],
    ['a list that becomes a map', { a: [1] }, { a: { b: 1 } }, ['/data/a', '[1]', '{"b":1}']],
    ['a name with special characters', { 'a/b~c': 'x' }, {}, ['/data/a~1b~0c', '"x"', undefined]],
    [
      'an integer beyond 2^53',
      { a: 9007199254740993n },
      { a: 9007199254740992 },
      ['/data/a', '9007199254740993', '9007199254740992'],
    ],
    [
      'a field that every object inherits',
      JSON.parse('{"__proto__":1}'),
      {},
      ['/data/__proto__', '1', undefined],
    ],
  ])('name %s', (_behaviour, live, desired, [path, before, after]) => {
    expect(changesOf(live, desired)).toEqual({ fields: [{ path, before, after }], omitted: 0 });
  });

  it.each([
    ['when only the order of fields differs', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['when an integer was read as bigint', { a: 3n }, { a: 3 }],
  ])('are none %s', (_behaviour, live, desired) => {
    expect(changesOf(live, desired)).toEqual({ fields: [], omitted: 0 });
  });

  it('are counted, not listed, beyond the 200th', () => {
    const many = Object.fromEntries(Array.from({ length: 205 }, (_, at) => [`k${at}`, at]));
    const { fields, omitted } = changesOf({}, many);
    expect([fields.length, omitted]).toEqual([200, 5]);
  });

  it('are cut where they get long or deep', () => {
    const deep = Array.from({ length: 50_000 }).reduce((inner) => [inner], {});
    const { fields } = changesOf({ deep, long: 'x'.repeat(1_000_000) }, {});
    expect(fields.map(({ before }) => before?.length)).toEqual([expect.any(Number), 120]);
    expect(fields[0]?.before).toBe('[[[[…1]]]]');
  });

  it('mask what a Secret holds, in whatever field', () => {
    const secret = { kind: 'Secret', stringData: { password: 'hunter2' }, type: 'Opaque' };
    const leaked = { ...secret, stringData: 'hunter2' };
    const seen = [changesOf({ password: 'aHVudGVyMg==' }, {}, secret), changesOf('hunter2', leaked, secret)];
    expect(JSON.stringify(seen)).not.toMatch(/hunter2|aHVudGVyMg/);
    expect(seen[0]?.fields).toEqual([{ path: '/data/password', before: '***', after: undefined }]);
  });

  it('show the labels and the type of a Secret', () => {
    const live = { ...configMap('one'), kind: 'Secret', type: 'a' };
    const step = planOne({ desired: { ...live, type: 'b' }, observation: present(live, us) });
    expect(step).toMatchObject({
      changes: {
        fields: expect.arrayContaining([
          { path: '/type', before: '"a"', after: '"b"' },
          expect.objectContaining({ path: '/metadata/labels', after: expect.stringContaining('apps') }),
        ]),
      },
    });
  });
});
