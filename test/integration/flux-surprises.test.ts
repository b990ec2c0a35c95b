import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from './house/link-packages.ts';

/** Surprises of the real controllers that lose or hide something, by the number in their recordings. */
const surprises = [1, 3, 4, 5, 8, 10, 11, 12, 13, 14, 16, 19, 22, 23, 25, 27];

/** Test files with a test named after a surprise, as `NUMBER FILE`. */
async function namedTests(): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const file of glob('{src,cmd,test}/**/*.test.ts', { cwd: root })) {
    const text = await readFile(path.join(root, file), 'utf8');
    for (const [, number = ''] of text.matchAll(/['"`]surprise (\d+): /g)) found.add(`${number} ${file}`);
  }
  return [...found].sort();
}

it('the page names the tests of every surprise of Flux, or that it is open', async () => {
  const page = await readFile(path.join(root, 'docs/flux-differences.md'), 'utf8');
  const [, table = ''] = page.split('## Surprises');
  const rows = [...table.matchAll(/^\| (\d+) \|.*\|(.*)\|$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(surprises);
  const linked = rows.flatMap(([, number = '', cell = '']) =>
    [...cell.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => `${number} ${file}`),
  );
  expect(linked.sort()).toEqual(await namedTests());
  const without = rows.filter(([, , cell = '']) => !cell.includes('](../') && !cell.includes('open: '));
  expect(without).toEqual([]);
});

it('the page lists differences of scenarios alone that are replayed', async () => {
  const replayed = new Set(['every']);
  for await (const file of glob('test/cluster/golden/*.test.ts', { cwd: root })) {
    const text = await readFile(path.join(root, file), 'utf8');
    for (const [, number = ''] of text.matchAll(/(?:number: |new Recording\()'(\d\d\w?)'/g))
      replayed.add(number);
  }
  const page = await readFile(path.join(root, 'docs/flux-differences.md'), 'utf8');
  const states = [...page.matchAll(/^\| ((?:`[\w@+-]+` )+)\|/gm)].flatMap(([, cell = '']) => cell.split('`'));
  const numbers = states.filter((state) => state.trim() !== '').map((state) => state.split(/[@+]/)[0]);
  expect(numbers.length).toBeGreaterThan(30);
  expect(numbers.filter((number) => !replayed.has(number ?? ''))).toEqual([]);
});
