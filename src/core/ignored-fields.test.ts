import { describe, expect, it } from 'vitest';
import { pointerSteps, withLiveFields, withoutIgnored } from './index.ts';

const object = (fields: Readonly<Record<string, unknown>>) => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'one' },
  ...fields,
});

describe('a JSON pointer', () => {
  it.each<[string, readonly string[] | undefined]>([
    ['', []],
    ['/', ['']],
    ['/spec/replicas', ['spec', 'replicas']],
    ['/metadata/annotations/example.com~1a~0b', ['metadata', 'annotations', 'example.com/a~b']],
    ['/a~01', ['a~1']],
    ['spec', undefined],
    ['/a~2', undefined],
    ['/a~', undefined],
  ])('%j means %j', (pointer, steps) => {
    expect(pointerSteps(pointer)).toEqual(steps);
  });
});

describe('what is asked for with the fields of others as they are', () => {
  const list = [{ name: 'x', v: 1 }, { name: 'y', v: 1 }, 'z'];
  const asked = object({ data: { a: '1', b: '1' }, list });

  it.each<[string, Readonly<Record<string, unknown>>, readonly string[], unknown]>([
    ['takes a value over', { data: { a: '2' } }, ['/data/a'], { ...asked, data: { a: '2', b: '1' } }],
    ['leaves out what is not there', { data: {} }, ['/data/a'], { ...asked, data: { b: '1' } }],
    ['leaves out what nothing is there for', {}, ['/data/a'], { ...asked, data: { b: '1' } }],
    ['takes over what nobody asks for', { x: { y: 1 } }, ['/x/y'], { ...asked, x: { y: 1 } }],
    ['takes whole maps', { data: { c: '3' } }, ['/data'], { ...asked, data: { c: '3' } }],
    [
      'knows items by their names',
      {
        list: [
          { name: 'y', v: 2 },
          { name: 'x', v: 3 },
        ],
      },
      ['/list/0/v'],
      { ...asked, list: [{ name: 'x', v: 3 }, { name: 'y', v: 1 }, 'z'] },
    ],
    ['leaves alone items that are not there', { list: [{ name: 'y' }] }, ['/list/0/v', '/list/2'], asked],
    [
      'knows other items by their place',
      { list: [1, 2, 3] },
      ['/list/2'],
      { ...asked, list: [...list.slice(0, 2), 3] },
    ],
    [
      'does nothing for what points nowhere',
      { list: [1] },
      ['/list/9', '/list/-', '/list/00', '/apiVersion/x'],
      asked,
    ],
    ['takes no field of a prototype', {}, ['/data/constructor', '/__proto__/x'], asked],
  ])('%s', (_, fields, ignored, expected) => {
    expect(withLiveFields(asked, object(fields), ignored)).toEqual(expected);
  });

  it('is the same without them, whatever they are to be', () => {
    const other = { ...asked, data: { a: '9', b: '1' }, list: [7, ...list.slice(1)] };
    const ignored = ['/data/a', '/list/0'];
    expect(withoutIgnored(other, ignored)).toEqual(withoutIgnored(asked, ignored));
    expect(withoutIgnored(other, ['/data/a'])).not.toEqual(withoutIgnored(asked, ['/data/a']));
  });
});
