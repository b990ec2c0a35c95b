import { expect, it } from 'vitest';
import { parseByteRange } from './byte-range.ts';

const part = (start: number, end: number): object => ({ kind: 'part', range: { start, end } });

it.each([
  ['no header', undefined, { kind: 'whole' }],
  ['first and last', 'bytes=0-3', part(0, 4)],
  ['one byte', 'bytes=9-9', part(9, 10)],
  ['an open end', 'bytes=4-', part(4, 10)],
  ['a last beyond the end', 'bytes=4-100', part(4, 10)],
  ['the last bytes', 'bytes=-3', part(7, 10)],
  ['more last bytes than there are', 'bytes=-30', part(0, 10)],
  ['a first beyond the end', 'bytes=10-', { kind: 'unsatisfiable' }],
  ['no last bytes', 'bytes=-0', { kind: 'unsatisfiable' }],
  ['first after last', 'bytes=3-2', { kind: 'whole' }],
  ['two ranges', 'bytes=0-1,3-4', { kind: 'whole' }],
  ['another unit', 'lines=0-1', { kind: 'whole' }],
  ['no numbers', 'bytes=-', { kind: 'whole' }],
])('reads %s', (_what, header, expected) => {
  expect(parseByteRange(header, 10)).toEqual(expected);
});
