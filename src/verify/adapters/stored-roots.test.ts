import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createTrustedRoots } from '../index.ts';

const file = readFileSync('policies/trust/public-good.json');

it('eight trusted roots are held ready, and of more the one that was not asked for longest is loaded again', async () => {
  // White space makes another content of it.
  const roots = createTrustedRoots((name) => Buffer.concat([file, Buffer.from(' '.repeat(Number(name)))]));
  const open = (name: number) => roots.open({ kind: 'stored', name: String(name) });
  const first = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(open));
  expect(await open(0)).toBe(first[0]);
  await open(8);
  expect(await open(0)).toBe(first[0]);
  expect(await open(2)).toBe(first[2]);
  expect(await open(1)).not.toBe(first[1]);
});
