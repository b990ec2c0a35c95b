import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';

/** Far above the 3 MiB that a Kubernetes API takes in one object, in bytes; what is read is held in memory. */
export const maxManifestBytes = 8 * 1024 * 1024;

/** What stands under a file name. */
export type Place =
  | { readonly kind: 'absent' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly detail: string }
  | { readonly kind: 'blocked'; readonly detail: string };

/** Opens nothing but a regular file: no link leads elsewhere, no pipe or device holds the agent. Rejects with the error of the file system. */
export async function readPlace(path: string): Promise<Place> {
  try {
    const before = await lstat(path);
    if (!before.isFile()) return { kind: 'blocked', detail: whatItIs(before) };
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await readOpened(handle);
    } finally {
      await handle.close();
    }
  } catch (failure) {
    const code = codeOf(failure);
    if (code === 'ENOENT') return { kind: 'absent' };
    if (code === 'ELOOP') return { kind: 'blocked', detail: 'a symbolic link' };
    throw failure;
  }
}

/** `ENOENT` and its kin; `undefined` for anything else that was thrown. */
export function codeOf(failure: unknown): string | undefined {
  return failure instanceof Error && 'code' in failure && typeof failure.code === 'string'
    ? failure.code
    : undefined;
}

async function readOpened(handle: FileHandle): Promise<Place> {
  const stats = await handle.stat();
  if (!stats.isFile()) return { kind: 'blocked', detail: whatItIs(stats) };
  if (stats.size > maxManifestBytes) {
    return { kind: 'unreadable', detail: `${stats.size} bytes, more than ${maxManifestBytes}` };
  }
  const buffer = Buffer.alloc(stats.size + 1);
  let length = 0;
  let read = 1;
  while (read > 0 && length < buffer.length) {
    ({ bytesRead: read } = await handle.read(buffer, length, buffer.length - length));
    length += read;
  }
  if (length > stats.size) return { kind: 'unreadable', detail: 'a file that grows while it is read' };
  return { kind: 'text', text: buffer.toString('utf8', 0, length) };
}

function whatItIs(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
