import { expect, it } from 'vitest';
import { elapsedSince } from './index.ts';

const hour = 3_600_000;
const since = { wall: 1_000 * hour, machine: 5 * hour };

it.each([
  ['both clocks go on', { wall: 1_001 * hour, machine: 6 * hour }, hour],
  ['nothing has passed', since, 0],
  ['the machine started anew an hour ago', { wall: 1_003 * hour, machine: hour }, hour],
  ['the clock was set forward by a year', { wall: 9_760 * hour, machine: 6 * hour }, hour],
  ['the clock was set back by a year', { wall: 0, machine: 6 * hour }, hour],
  ['it is another machine that runs for long', { wall: 1_001 * hour, machine: 900 * hour }, hour],
])('%s: what has passed is what no clock alone can make up', (_, now, passed) => {
  expect(elapsedSince(since, now)).toBe(passed);
});
