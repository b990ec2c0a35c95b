import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import type { EntryKind, Tree, TreeEntry } from '../tree/tree.ts';
import { maxYamlFileBytes } from '../yaml/yaml-limits.ts';

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

function kindOfRoot(root: string): EntryKind | undefined {
  try {
    return kindOf(lstatSync(root));
  } catch (thrown) {
    if (isAbsence(thrown)) return undefined;
    throw asSealiftError(thrown, root, 'DISK_FAILED');
  }
}

/** At once, as files are read. */
function entriesOf(root: string, path: string): readonly TreeEntry[] {
  try {
    const entries = readdirSync(join(root, path), { withFileTypes: true });
    const named = entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
    return named.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    throw asSealiftError(thrown, path === '' ? '.' : path, 'DISK_FAILED');
  }
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

/** Files and directories that are read before others of this process have their turn. */
const looksInTurn = 32;

/** What is below a directory, each directory listed once: an artifact does not change. */
class DiskTree implements Tree {
  readonly #root: string;
  readonly #listings = new Map<string, readonly TreeEntry[]>();
  readonly #kinds = new Map<string, ReadonlyMap<string, EntryKind>>();
  #looks = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async list(path: string): Promise<readonly TreeEntry[]> {
    await this.#turn();
    return this.#listing(path);
  }

  async kind(path: string): Promise<EntryKind | undefined> {
    await this.#turn();
    return this.#kind(path);
  }

  async text(path: string): Promise<string> {
    await this.#turn();
    this.#looks += 1;
    return textOf(this.#root, path);
  }

  async bytes(path: string, limit: number): Promise<Uint8Array | undefined> {
    await this.#turn();
    this.#looks += 1;
    const bytes = readFileWithin(this.#root, path, limit);
    return typeof bytes === 'number' ? undefined : bytes;
  }

  #kind(path: string): EntryKind | undefined {
    if (path === '') return kindOfRoot(this.#root);
    const parent = dirname(path);
    const around = this.#inside(parent === '.' ? '' : parent);
    // A link on the way is as good as a link at the end.
    return typeof around === 'object' ? around.get(basename(path)) : around;
  }

  /** The kinds of what is in a directory; `other` behind a link, `undefined` where no directory is. */
  #inside(directory: string): ReadonlyMap<string, EntryKind> | 'other' | undefined {
    const known = this.#kinds.get(directory);
    if (known !== undefined) return known;
    const kind = directory === '' ? 'directory' : this.#kind(directory);
    if (kind !== 'directory') return kind === 'other' ? kind : undefined;
    const kinds = new Map(this.#listing(directory).map(({ name, kind }) => [name, kind] as const));
    this.#kinds.set(directory, kinds);
    return kinds;
  }

  #listing(path: string): readonly TreeEntry[] {
    const known = this.#listings.get(path);
    if (known !== undefined) return known;
    this.#looks += 1;
    const listing = entriesOf(this.#root, path);
    this.#listings.set(path, listing);
    return listing;
  }

  async #turn(): Promise<void> {
    if (this.#looks < looksInTurn) return;
    this.#looks = 0;
    await setImmediate();
  }
}

/** The tree below a directory. */
export async function openDiskTree(directory: string): Promise<Tree> {
  try {
    return new DiskTree(realpathSync.native(directory));
  } catch (thrown) {
    throw asSealiftError(thrown, directory, 'DISK_FAILED');
  }
}
