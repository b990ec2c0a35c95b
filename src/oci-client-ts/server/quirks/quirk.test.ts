import { expect, it } from 'vitest';
import { OciError } from '../../errors.ts';
import { notForServers, type QuirkName, quirk, quirkTable } from './quirk.ts';

const numbers = Array.from({ length: 58 }, (_, at) => at + 1);

it('has every number as a switch, or says why it can be none', () => {
  const known = [...Object.keys(quirkTable), ...Object.keys(notForServers)].map(Number);
  expect(known.sort((one, other) => one - other)).toEqual(numbers);
});

it.each<QuirkName>([41, 59, '54:nothing', '7:plain'])('has no switch %s', (name) => {
  expect(() => quirk(name)).toThrow(OciError);
});
