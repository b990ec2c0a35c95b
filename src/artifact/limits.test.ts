import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultUnpackLimits } from './index.ts';
import { ignoreLimits } from './source-ignore.ts';

const page = path.join(import.meta.dirname, '..', '..', 'docs', 'limits.md');

describe('the page of limits', () => {
  it.each([
    ...Object.entries(defaultUnpackLimits),
    ...Object.entries(ignoreLimits).map(([name, limit]) => [`ignore.${name}`, limit] as const),
  ])('has the limit %s with its value %i', async (name, limit) => {
    const rows = (await readFile(page, 'utf8')).split('\n').filter((row) => row.includes(`\`${name}\``));
    expect(rows).toEqual([expect.stringMatching(new RegExp(`\\| ${limit}( |\\b)`))]);
  });
});
