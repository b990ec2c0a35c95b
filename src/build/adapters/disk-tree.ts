import { closeSync, constants, type Dirent, fstatSync, openSync, readSync } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
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

async function kindOfRoot(root: string): Promise<EntryKind | undefined> {
  try {
    return kindOf(await lstat(root));
  } catch (thrown) {
    if (isAbsence(thrown)) return undefined;
    throw asSealiftError(thrown, root, 'DISK_FAILED');
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
function readAtMost(file: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/**
 * The bytes of a file; its size when it is above the limit. At once: to hand open, stat, read and close to other threads costs this one more
 * than to read a manifest.
 */
function readFileWithin(root: string, path: string, limit: number): Uint8Array | number {
  let file: number | undefined;
  try {
    file = openSync(join(root, path), openFlags);
    const status = fstatSync(file);
    if (!status.isFile()) throw new SealiftError('DISK_FAILED', path, 'expected a regular file');
    if (status.size > limit) return status.size;
    const bytes = readAtMost(file, status.size);
    if (bytes.length <= status.size) return bytes;
    throw new SealiftError('DISK_FAILED', path, `grew beyond its ${status.size} bytes while it was read`);
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function textOf(root: string, path: string): string {
  const bytes = readFileWithin(root, path, maxYamlFileBytes);
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

/** Files that are read before others of this process have their turn. */
const filesInTurn = 32;

/** What is below a directory, each directory listed once: an artifact does not change. */
class DiskTree implements Tree {
  readonly #root: string;
  readonly #listings = new Map<string, Promise<readonly TreeEntry[]>>();
  readonly #kinds = new Map<string, Promise<ReadonlyMap<string, EntryKind>>>();
  #read = 0;

  constructor(root: string) {
    this.#root = root;
  }

  list(path: string): Promise<readonly TreeEntry[]> {
    const known = this.#listings.get(path);
    if (known !== undefined) return known;
    const listing = entriesOf(this.#root, path);
    this.#listings.set(path, listing);
    return listing;
  }

  /** A link on the way is as good as a link at the end. */
  async kind(path: string): Promise<EntryKind | undefined> {
    if (path === '') return kindOfRoot(this.#root);
    const parent = dirname(path);
    const above = parent === '.' ? '' : parent;
    const kind = above === '' ? 'directory' : await this.kind(above);
    if (kind === 'other') return kind;
    return kind === 'directory' ? (await this.#kindsIn(above)).get(basename(path)) : undefined;
  }

  async text(path: string): Promise<string> {
    await this.#turn();
    return textOf(this.#root, path);
  }

  async bytes(path: string, limit: number): Promise<Uint8Array | undefined> {
    await this.#turn();
    const bytes = readFileWithin(this.#root, path, limit);
    return typeof bytes === 'number' ? undefined : bytes;
  }

  #kindsIn(directory: string): Promise<ReadonlyMap<string, EntryKind>> {
    const known = this.#kinds.get(directory);
    if (known !== undefined) return known;
    const kinds = this.list(directory).then(
      (entries) => new Map(entries.map(({ name, kind }) => [name, kind] as const)),
    );
    this.#kinds.set(directory, kinds);
    return kinds;
  }

  async #turn(): Promise<void> {
    this.#read += 1;
    if (this.#read % filesInTurn === 0) await setImmediate();
  }
}

/** The tree below a directory. */
export async function openDiskTree(directory: string): Promise<Tree> {
  const root = await realpath(directory).catch((thrown: unknown) => {
    throw asSealiftError(thrown, directory, 'DISK_FAILED');
  });
  return new DiskTree(root);
}
