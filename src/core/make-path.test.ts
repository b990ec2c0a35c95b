import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DirectoryCalls, makePath } from './make-path.ts';

const calls = { mkdirSync, statSync };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'make-path-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: mkdir '${path}'`), { code });
}

/** A file system whose `/proc` is there, and takes nothing; counts what it is asked for. */
function likeProc(): DirectoryCalls & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    mkdirSync(path) {
      asked.push(path);
      throw systemError(path === '/' || path === '/proc' ? 'EEXIST' : 'ENOENT', path);
    },
    statSync: () => ({ isDirectory: () => true }),
  };
}

describe('makePath', () => {
  it('makes what is missing, for whom the mode says, and takes what is there', () => {
    const path = join(root, 'a/b/c');
    makePath(path, calls, 0o700);
    makePath(path, calls, 0o700);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
  });

  it('makes a path that is not absolute', () => {
    const made: string[] = [];
    makePath('a/b', {
      mkdirSync(path) {
        if (path === 'a/b' && !made.includes('a')) throw systemError('ENOENT', path);
        made.push(path);
      },
      statSync,
    });
    expect(made).toEqual(['a', 'a/b']);
  });

  it.each(['/proc/foo', '/proc/foo/bar'])('comes back from %s, and says what takes no directory', (path) => {
    const proc = likeProc();
    expect(() => makePath(path, proc)).toThrow('no directory can be made in /proc (ENOENT)');
    expect(proc.asked.length).toBeLessThan(10);
  });

  it('tells what stands in the way', () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nothing'), join(root, 'link'));
    expect(() => makePath(join(root, 'file'), calls)).toThrow('EEXIST');
    expect(() => makePath(join(root, 'file/below'), calls)).toThrow('ENOTDIR');
    expect(() => makePath(join(root, 'link'), calls)).toThrow('EEXIST');
    expect(() => makePath(join(root, 'link/below'), calls)).toThrow('EEXIST');
  });

  it('ends at the root of a system that has nothing', () => {
    const nothing: DirectoryCalls = {
      mkdirSync(path) {
        throw systemError('ENOENT', path);
      },
      statSync,
    };
    expect(() => makePath('/a/b', nothing)).toThrow("ENOENT: mkdir '/'");
  });
});
