import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/** What a tree weighs. */
export interface TreeWeight {
  readonly files: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** Counts the regular files below a directory and their bytes. Reads no content. */
export async function measureTree(root: string): Promise<TreeWeight> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await lstat(path.join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}
