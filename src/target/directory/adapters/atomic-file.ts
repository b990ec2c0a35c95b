import { randomUUID } from 'node:crypto';
import { fstatSync, mkdirSync, statSync } from 'node:fs';
import { open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makePath } from '../../../core/index.ts';
import { identityOf } from './file-identity.ts';
import { codeOf } from './read-place.ts';

/** Hidden, so that k3s and the kubelet pass over it; a UUID follows. */
const temporaryPrefix = '.sealift-';

const temporaryName = /^\.sealift-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Files may hold Secrets: for the owner alone. */
const fileMode = 0o600;

/** Another process that starts may clear our temporary file away, and somebody may delete the directory. */
const maxAttempts = 10;

/**
 * Writes a file so that at any moment, also after a crash, the old or the new one is there, whole. Makes the directory. Gives back the
 * identity of what was written, taken before anybody else could reach it.
 */
export async function writeAtomically(directory: string, name: string, text: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writeOnce(directory, name, text);
    } catch (failure) {
      if (codeOf(failure) !== 'ENOENT' || attempt === maxAttempts) throw failure;
      makePath(directory, { mkdirSync, statSync });
    }
  }
}

async function writeOnce(directory: string, name: string, text: string): Promise<string> {
  const temporary = join(directory, temporaryPrefix + randomUUID());
  const handle = await open(temporary, 'wx', fileMode);
  let identity: string;
  try {
    try {
      await handle.writeFile(text);
      await handle.sync();
      identity = identityOf(fstatSync(handle.fd, { bigint: true }));
    } finally {
      await handle.close();
    }
    await rename(temporary, join(directory, name));
  } catch (failure) {
    await forget(temporary);
    throw failure;
  }
  await syncDirectory(directory);
  return identity;
}

/** Removes a file durably; its absence is success. */
export async function removeFile(directory: string, name: string): Promise<void> {
  try {
    await unlink(join(directory, name));
    await syncDirectory(directory);
  } catch (failure) {
    if (codeOf(failure) !== 'ENOENT') throw failure;
  }
}

/** Clears away what writes that were killed left behind. They do no harm, so a failure to do so is none. */
export async function removeTemporaries(directory: string): Promise<void> {
  try {
    const names = await readdir(directory);
    for (const name of names.filter((one) => temporaryName.test(one))) await forget(join(directory, name));
  } catch {
    // A directory that is not there or not ours to read: the next write or look says so.
  }
}

async function forget(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch {
    // Gone already, or it stays until the next start.
  }
}

/** A rename is durable only when the directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
