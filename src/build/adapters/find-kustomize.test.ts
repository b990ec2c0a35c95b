import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findKustomize } from '../index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sealift-test-find-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(directory: string, mode = 0o755): string {
  const path = join(root, directory, 'kustomize');
  mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

it('takes the path that was named before any other', async () => {
  program('path');
  const named = program('named');
  expect(await findKustomize({ kustomize: named, searchPath: join(root, 'path') })).toBe(named);
});

it('looks no further when that is no program', async () => {
  const lookup = { searchPath: join(program('path'), '..') };
  expect(await findKustomize({ ...lookup, kustomize: join(root, 'nowhere') })).toBeUndefined();
  expect(await findKustomize({ ...lookup, kustomize: root })).toBeUndefined();
  expect(await findKustomize({ ...lookup, kustomize: program('plain', 0o644) })).toBeUndefined();
});

it('takes the first of PATH, then the one beside the program', async () => {
  const [first, second, beside] = [program('first'), program('second'), program('beside')];
  mkdirSync(join(root, 'directory/kustomize'), { recursive: true });
  const directories = [join(root, 'empty'), join(root, 'directory'), join(first, '..'), join(second, '..')];
  const lookup = { programDirectory: join(beside, '..') };
  expect(await findKustomize({ ...lookup, searchPath: directories.join(delimiter) })).toBe(first);
  expect(await findKustomize({ ...lookup, searchPath: join(root, 'empty') })).toBe(beside);
  expect(await findKustomize({ searchPath: join(root, 'empty') })).toBeUndefined();
});

it('never looks in the working directory', async () => {
  for (const searchPath of ['', '.', delimiter, `.${delimiter}`]) {
    expect(await findKustomize({ searchPath })).toBeUndefined();
  }
});
