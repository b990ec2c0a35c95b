import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

export interface WalkedEntry {
  readonly kind: 'file' | 'directory';
  /** Relative to the root, with `/`. */
  readonly path: string;
}

/** Bytes of UTF-8, not the UTF-16 units that JavaScript compares: the order every machine and Flux agree on. */
function byName(a: Dirent, b: Dirent): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}

function kindOf(found: Dirent): WalkedEntry['kind'] | undefined {
  if (found.isDirectory()) return 'directory';
  return found.isFile() ? 'file' : undefined;
}

/**
 * Files and directories below the root, each directory before what it holds. Links and special files are left out, and so is the store
 * of Git, which is never part of an artifact and can be larger than it.
 */
export async function* walkDirectory(
  root: string,
  signal: AbortSignal,
  relative = '',
): AsyncGenerator<WalkedEntry> {
  signal.throwIfAborted();
  const found = await readdir(path.join(root, relative), { withFileTypes: true });
  for (const entry of found.toSorted(byName)) {
    const kind = kindOf(entry);
    if (kind === undefined || (kind === 'directory' && entry.name === '.git')) continue;
    const below = relative === '' ? entry.name : `${relative}/${entry.name}`;
    yield { kind, path: below };
    if (kind === 'directory') yield* walkDirectory(root, signal, below);
  }
}
