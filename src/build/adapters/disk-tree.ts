import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import type { EntryKind, Tree, TreeEntry } from '../tree.ts';
import { maxYamlFileBytes } from '../yaml-limits.ts';

interface Typed {
  isFile(): boolean;
  isDirectory(): boolean;
}

function kindOf(entry: Typed): EntryKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

function isAbsence(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function kindAt(root: string, path: string): Promise<EntryKind | undefined> {
  try {
    const full = join(root, path);
    const kind = kindOf(await lstat(full));
    // A link on the way is as good as a link at the end.
    return (await realpath(full)) === full ? kind : 'other';
  } catch (thrown) {
    if (isAbsence(thrown)) return undefined;
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  }
}

async function entriesOf(root: string, path: string): Promise<readonly TreeEntry[]> {
  const entries: Dirent[] = await readdir(join(root, path), { withFileTypes: true }).catch(
    (thrown: unknown) => {
      throw asSealiftError(thrown, path === '' ? '.' : path, 'DISK_FAILED');
    },
  );
  const named = entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function textOf(root: string, path: string): Promise<string> {
  const full = join(root, path);
  const read = async (): Promise<Uint8Array> => {
    const { size } = await lstat(full);
    if (size <= maxYamlFileBytes) return readFile(full);
    const detail = `expected at most ${maxYamlFileBytes} bytes, got ${size}`;
    throw new SealiftError('YAML_LIMIT_EXCEEDED', path, detail);
  };
  const bytes = await read().catch((thrown: unknown) => {
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SealiftError('YAML_MALFORMED', path, 'is not UTF-8', { cause });
  }
}

async function bytesOf(root: string, path: string, limit: number): Promise<Uint8Array | undefined> {
  const full = join(root, path);
  try {
    const { size } = await lstat(full);
    return size <= limit ? await readFile(full) : undefined;
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  }
}

/** The tree below a directory. */
export async function openDiskTree(directory: string): Promise<Tree> {
  const root = await realpath(directory).catch((thrown: unknown) => {
    throw asSealiftError(thrown, directory, 'DISK_FAILED');
  });
  return {
    kind: (path) => kindAt(root, path),
    list: (path) => entriesOf(root, path),
    text: (path) => textOf(root, path),
    bytes: (path, limit) => bytesOf(root, path, limit),
  };
}
