import { expect, it } from 'vitest';
import { parseContentRange } from './content-range.ts';

it.each([
  ['first, last and total', 'bytes 5-9/10', { first: 5, last: 9, total: 10 }],
  ['an unknown total', 'bytes 5-9/*', { first: 5, last: 9 }],
  ['one byte', ' bytes 0-0/1 ', { first: 0, last: 0, total: 1 }],
  ['no header', undefined, undefined],
  ['an unsatisfied range', 'bytes */10', undefined],
  ['last before first', 'bytes 9-5/10', undefined],
  ['another unit', 'lines 5-9/10', undefined],
  ['several ranges', 'bytes 0-1,3-4/10', undefined],
  ['numbers beyond counting', 'bytes 0-99999999999999999999/1', undefined],
  ['nothing', '', undefined],
])('reads %s', (_what, header, expected) => {
  expect(parseContentRange(header)).toEqual(expected);
});
