import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../core/index.ts';
import type { LiveObject, ManagedFields } from '../client/client.ts';
import { besideOthers } from './beside-others.ts';

type Fields = Readonly<Record<string, unknown>>;

const entry = (manager: string, fieldsV1: Fields, operation = 'Apply'): ManagedFields => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
});
const ours = (fields: Fields): ManagedFields => entry('kustomize-controller', fields);

const asked = (fields: Fields): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'one' },
  ...fields,
});
const live = (fields: Fields, ...managedFields: readonly ManagedFields[]): LiveObject => ({
  ...asked(fields),
  metadata: { name: 'one', uid: 'u', resourceVersion: '7', managedFields },
});

/** What is asked for at the fields of the first argument. */
const beside = (fields: Fields, there: LiveObject, ...pointers: readonly string[]): Fields => {
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = besideOthers(asked(fields), there, pointers);
  return rest;
};

const data = (...names: readonly string[]): Fields => ({
  'f:data': Object.fromEntries(names.map((name) => [`f:${name}`, {}])),
});

describe('an apply beside others', () => {
  it.each<[string, Fields, LiveObject, Fields]>([
    ['asks for the value that is there', { a: '1' }, live({ data: { a: '2' } }, ours(data('a'))), { a: '2' }],
    [
      'of another that updates, too',
      { a: '1' },
      live({ data: { a: '2' } }, entry('x', data('a'), 'Update')),
      { a: '2' },
    ],
    [
      'asks not for what another applies',
      { a: '1', b: '1' },
      live({ data: { a: '2' } }, entry('x', data('a'))),
      { b: '1' },
    ],
    ['asks for what both ask for', { a: '1' }, live({ data: { a: '1' } }, entry('x', data('a'))), { a: '1' }],
    [
      'asks not for what is gone',
      { a: '1', b: '1' },
      live({ data: { b: '1' } }, ours(data('b'))),
      { b: '1' },
    ],
    [
      'keeps what would go without us',
      { b: '1' },
      live({ data: { a: '2' } }, ours(data('a'))),
      { a: '2', b: '1' },
    ],
    [
      'leaves what never was ours',
      { b: '1' },
      live({ data: { a: '2' } }, entry('x', data('a'), 'Update')),
      { b: '1' },
    ],
    [
      'counts no entry of a subresource',
      { a: '1' },
      live({ data: { a: '2' } }, { ...entry('x', data('a')), subresource: 'status' }),
      { a: '2' },
    ],
  ])('%s', (_, fields, there, expected) => {
    expect(beside({ data: fields }, there, '/data/a')).toEqual({ data: expected });
  });

  it('of a whole map keeps what is ours, and asks not for what another applies', () => {
    const there = live(
      { data: { a: '1', b: '2', x: '1' } },
      ours(data('a', 'b')),
      entry('x', data('x', 'b')),
    );
    expect(beside({ data: { a: '9', b: '9' } }, there, '/data')).toEqual({ data: { a: '1' } });
  });

  it('of a whole map asks for all of it where nobody else applies', () => {
    const there = live({ data: { a: '1', x: '1' } }, ours(data('a')), entry('x', data('x'), 'Update'));
    expect(beside({ data: { a: '9' } }, there, '/data')).toEqual({ data: { a: '1', x: '1' } });
  });

  it('of a whole map keeps what this revision asks for no more', () => {
    const there = live({ data: { a: '1', b: '1' } }, ours(data('a', 'b')));
    expect(beside({ data: { b: '1' } }, there, '/data')).toEqual({ data: { a: '1', b: '1' } });
  });

  describe('of items of a list', () => {
    const named = (...names: readonly string[]): Fields => ({
      'f:list': Object.fromEntries(
        names.map((name) => [`k:{"name":"${name}"}`, { '.': {}, 'f:name': {}, 'f:v': {} }]),
      ),
    });

    it('means the one that is asked for, wherever it stands', () => {
      const there = live(
        {
          list: [
            { name: 'y', v: 7 },
            { name: 'x', v: 8 },
          ],
        },
        ours(named('x', 'y')),
      );
      const fields = {
        list: [
          { name: 'x', v: 1 },
          { name: 'y', v: 1 },
        ],
      };
      expect(beside(fields, there, '/list/0/v')).toEqual({
        list: [
          { name: 'x', v: 8 },
          { name: 'y', v: 1 },
        ],
      });
    });

    it('leaves alone one that is new', () => {
      const there = live({ list: [{ name: 'y', v: 7 }] }, ours(named('y')));
      expect(beside({ list: [{ name: 'x', v: 1 }] }, there, '/list/0/v')).toEqual({
        list: [{ name: 'x', v: 1 }],
      });
    });

    it('asks for no field that another applies', () => {
      const there = live({ list: [{ name: 'x', v: 7 }] }, entry('other', named('x')));
      expect(beside({ list: [{ name: 'x', v: 1 }] }, there, '/list/0/v')).toEqual({ list: [{ name: 'x' }] });
    });

    it('keeps of a whole list what is ours, with its names', () => {
      const others = { 'f:list': { 'k:{"name":"x"}': { 'f:v': {} } } };
      const there = live(
        {
          list: [
            { name: 'x', v: 7 },
            { name: 'y', v: 7 },
          ],
        },
        ours(named('x', 'y')),
        entry('other', others),
      );
      const fields = {
        list: [
          { name: 'x', v: 1 },
          { name: 'y', v: 1 },
        ],
      };
      expect(beside(fields, there, '/list')).toEqual({ list: [{ name: 'x' }, { name: 'y', v: 7 }] });
    });

    it('knows a port without a protocol', () => {
      const key = (port: number, protocol: string): string => `k:{"port":${port},"protocol":"${protocol}"}`;
      const held = { 'f:list': { [key(53, 'UDP')]: { 'f:v': {} }, [key(53, 'TCP')]: { 'f:v': {} } } };
      const ports = [
        { port: 53, protocol: 'UDP', v: 7 },
        { port: 53, protocol: 'TCP', v: 8 },
      ];
      const fields = {
        list: [
          { port: 53, v: 1 },
          { port: 53, protocol: 'UDP', v: 1 },
        ],
      };
      expect(beside(fields, live({ list: ports }, ours(held)), '/list/0/v')).toEqual({
        list: [
          { port: 53, v: 8 },
          { port: 53, protocol: 'UDP', v: 1 },
        ],
      });
    });

    it('knows one by what it says, where only that can be it', () => {
      const held = { 'f:list': { 'k:{"id":1,"kind":"filled in"}': { 'f:v': {} } } };
      const there = live({ list: [{ id: 1, kind: 'filled in', v: 7 }] }, ours(held));
      expect(beside({ list: [{ id: 1, v: 1 }] }, there, '/list/0/v')).toEqual({ list: [{ id: 1, v: 7 }] });
    });

    it('of a list that is held as a whole means the same number', () => {
      const there = live({ list: [{ v: 7 }, { v: 8 }] }, entry('other', { 'f:list': {} }));
      const fields = { list: [{ v: 1 }, { v: 2 }, { v: 3 }] };
      expect(beside(fields, there, '/list/1/v', '/list/2/v')).toEqual({
        list: [{ v: 1 }, { v: 8 }, { v: 3 }],
      });
    });

    it('takes one away without moving the others', () => {
      const held = { 'f:list': { 'k:{"name":"x"}': {}, 'k:{"name":"y"}': {} } };
      const there = live(
        {
          list: [
            { name: 'x', v: 7 },
            { name: 'y', v: 7 },
          ],
        },
        entry('other', held),
      );
      const fields = {
        list: [
          { name: 'x', v: 1 },
          { name: 'y', v: 1 },
          { name: 'z', v: 1 },
        ],
      };
      expect(beside(fields, there, '/list/0', '/list/1')).toEqual({ list: [{ name: 'z', v: 1 }] });
    });
  });

  it('leaves to nobody the labels of its delivery', () => {
    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux',
    };
    const object = { ...asked({}), metadata: { name: 'one', labels: { ...labels, a: '1' } } };
    const there = live({});
    const labelled = { ...there, metadata: { ...there.metadata, labels: { b: '2' } } };
    expect(besideOthers(object, labelled, ['/metadata/labels']).metadata.labels).toEqual({
      ...labels,
      b: '2',
    });
  });
});
