import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { chmod, lstat, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makePath } from '../../core/index.ts';
import { treeKeyPattern } from '../tree-key.ts';
import { parseTreeNote, type TreeNote } from '../tree-note.ts';
import { measureTree } from './measure-tree.ts';

/** Staging directories of this process carry its own token: what carries another is left over from a process that died. */
const stagingPrefix = '.staging-';
const ownPrefix = `${stagingPrefix}${randomUUID().slice(0, 8)}-`;
/** A note is a few hundred bytes, and with a hundred long names of skipped links still below this. */
const noteBytesMax = 1024 * 1024;

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r');
  await handle.sync();
}

async function writeDurably(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'wx', 0o644);
  await handle.writeFile(text);
  await handle.sync();
}

/** A tree in the making. */
export interface Staging {
  readonly directory: string;
  /** Makes the tree appear under its key, with its note; it has to be on the disk already. Gives the root. */
  commit(key: string, note: TreeNote): Promise<string>;
  /** Removes it, unless it was committed. */
  discard(): Promise<void>;
}

/** Where a directory of trees keeps the tree of a key and its note. */
function placesOf(treesDirectory: string, key: string): { readonly root: string; readonly note: string } {
  return { root: path.join(treesDirectory, key), note: path.join(treesDirectory, `${key}.json`) };
}

/**
 * The note of a tree that is whole; `undefined` when there is none, or when it does not weigh what its note says: a disk may lose files, and
 * somebody may have tidied up. Content of the same length that was changed on purpose is not seen: who can write here can do anything.
 */
export async function findTree(treesDirectory: string, key: string): Promise<TreeNote | undefined> {
  const places = placesOf(treesDirectory, key);
  try {
    if (!(await lstat(places.root)).isDirectory()) return undefined;
    if ((await lstat(places.note)).size > noteBytesMax) return undefined;
    const note = parseTreeNote(await readFile(places.note, 'utf8'));
    const { files, bytes } = await measureTree(places.root);
    return note?.files === files && note.bytes === bytes ? note : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Takes a tree out of sight in one step before it is removed, so that half of it is never taken for a tree. */
async function removeTree(treesDirectory: string, key: string): Promise<void> {
  const places = placesOf(treesDirectory, key);
  const grave = await mkdtemp(path.join(treesDirectory, ownPrefix));
  for (const place of [places.root, places.note]) {
    try {
      await rename(place, path.join(grave, path.basename(place)));
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
  await rm(grave, { recursive: true, force: true });
}

/** Makes room where something lies that is no whole tree. Looks at the root first: once it is there, its note is. */
async function removeDamagedTree(treesDirectory: string, key: string): Promise<void> {
  const occupied = await lstat(placesOf(treesDirectory, key).root).then(
    () => true,
    (error: unknown) => !isCode(error, 'ENOENT'),
  );
  if (occupied && (await findTree(treesDirectory, key)) === undefined) await removeTree(treesDirectory, key);
}

/** The note first, the tree last: with the tree there, its note is there. */
async function commitTree(
  treesDirectory: string,
  staging: string,
  key: string,
  note: TreeNote,
): Promise<string> {
  const places = placesOf(treesDirectory, key);
  const stagedNote = `${staging}.json`;
  try {
    await writeDurably(stagedNote, JSON.stringify(note));
    await rename(stagedNote, places.note);
    await chmod(staging, 0o755);
    await rename(staging, places.root);
  } catch (error) {
    await rm(stagedNote, { force: true });
    // Another unpack of the same layer was first; its tree is equal.
    const taken = isCode(error, 'ENOTEMPTY', 'EEXIST') && (await findTree(treesDirectory, key)) !== undefined;
    if (!taken) throw error;
  }
  await syncDirectory(treesDirectory);
  return places.root;
}

/** Opens a fresh staging directory, on the file system where the tree will be. */
export async function stageTree(treesDirectory: string): Promise<Staging> {
  makePath(treesDirectory, { mkdirSync, statSync });
  const directory = await mkdtemp(path.join(treesDirectory, ownPrefix));
  return {
    directory,
    commit: async (key, note) => {
      await removeDamagedTree(treesDirectory, key);
      return commitTree(treesDirectory, directory, key, note);
    },
    discard: () => rm(directory, { recursive: true, force: true }),
  };
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * Removes what earlier processes left half made, and every tree whose root is not in `keep` (roots of artifacts). What this process is
 * unpacking right now is left alone; a tree that appears meanwhile is not.
 */
export async function sweepTrees(treesDirectory: string, keep: ReadonlySet<string>): Promise<void> {
  const kept = new Set([...keep].map((root) => path.resolve(treesDirectory, root)));
  for (const name of await namesIn(treesDirectory)) {
    const key = name.endsWith('.json') ? name.slice(0, -'.json'.length) : name;
    const leftover = name.startsWith(stagingPrefix) && !name.startsWith(ownPrefix);
    if (leftover) await rm(path.join(treesDirectory, name), { recursive: true, force: true });
    const unused = treeKeyPattern.test(key) && !kept.has(path.resolve(treesDirectory, key));
    if (unused) await removeTree(treesDirectory, key);
  }
}
