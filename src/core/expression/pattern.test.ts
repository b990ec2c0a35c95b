import { expect, it } from 'vitest';
import { compiledPattern } from './pattern.ts';

it('a pattern is read once, and not kept for ever', () => {
  const first = compiledPattern('a+');
  expect(compiledPattern('a+')).toBe(first);
  for (let at = 0; at < 1024; at += 1) compiledPattern(`b${at}`);
  expect(compiledPattern('a+')).not.toBe(first);
});
