export type EntryKind = 'file' | 'directory' | 'other';

export interface TreeEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/**
 * The tree of an artifact, read-only. Paths are relative to its root, with `/`, normalized, never leading out; the root is
 * the empty path. Links and special files are `other` and never followed.
 */
export interface Tree {
  /** What is at the path; `undefined` when nothing is. */
  kind(path: string): Promise<EntryKind | undefined>;
  /** The entries of a directory, by name. */
  list(path: string): Promise<readonly TreeEntry[]>;
  /** The text of a file. @throws SealiftError YAML_LIMIT_EXCEEDED, YAML_MALFORMED when it is not UTF-8, DISK_FAILED. */
  text(path: string): Promise<string>;
  /** The bytes of a file; `undefined` when it has more than `limit`. @throws SealiftError DISK_FAILED. */
  bytes(path: string, limit: number): Promise<Uint8Array | undefined>;
}

/** Joins inside the root, whatever the path says: `..` at the root stays there. */
export function insidePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Joins a relative path to a directory; `undefined` when it is absolute or leads out of the root. */
export function relativePath(directory: string, path: string): string | undefined {
  if (path.startsWith('/')) return undefined;
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return parts.join('/');
}

export function childPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
