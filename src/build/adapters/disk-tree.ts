import { constants, type Dirent } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises';
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

/** Neither follows a link nor waits for somebody to write into a FIFO. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Room for a file that grew since its size was asked for: one byte more tells that it did. */
async function readAtMost(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size + 1);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** The bytes of a file; its size when it is above the limit. */
async function readFileWithin(root: string, path: string, limit: number): Promise<Uint8Array | number> {
  let file: FileHandle | undefined;
  try {
    file = await open(join(root, path), openFlags);
    const status = await file.stat();
    if (!status.isFile()) throw new SealiftError('DISK_FAILED', path, 'expected a regular file');
    if (status.size > limit) return status.size;
    const bytes = await readAtMost(file, status.size);
    if (bytes.length <= status.size) return bytes;
    throw new SealiftError('DISK_FAILED', path, `grew beyond its ${status.size} bytes while it was read`);
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  } finally {
    await file?.close();
  }
}

async function textOf(root: string, path: string): Promise<string> {
  const bytes = await readFileWithin(root, path, maxYamlFileBytes);
  if (typeof bytes === 'number') {
    const detail = `expected at most ${maxYamlFileBytes} bytes, got ${bytes}`;
    throw new SealiftError('YAML_LIMIT_EXCEEDED', path, detail);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SealiftError('YAML_MALFORMED', path, 'is not UTF-8', { cause });
  }
}

async function bytesOf(root: string, path: string, limit: number): Promise<Uint8Array | undefined> {
  const bytes = await readFileWithin(root, path, limit);
  return typeof bytes === 'number' ? undefined : bytes;
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
