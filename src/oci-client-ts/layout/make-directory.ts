import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the names in a directory durable. Windows cannot open a directory for this and needs it not. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Creates a directory, and those above it that are missing, whose names survive a power cut. Step by step: the recursive `mkdir` of Node never
 * comes back where a directory that is there says of what is to be made in it that it is not, as those of /proc do.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (failure) {
    const parent = dirname(path);
    if (!isCode(failure, 'ENOENT') || parent === path) throw failure;
    await makeDirectory(parent);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (failure) {
    if (isCode(failure, 'EEXIST') && (await isDirectory(path))) return;
    throw failure;
  }
  await syncDirectory(dirname(path));
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function isCode(failure: unknown, code: string): boolean {
  return failure instanceof Error && 'code' in failure && failure.code === code;
}
