import { mkdirSync, statSync, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { makePath } from '../../../core/index.ts';
import { ChangeBursts } from './change-bursts.ts';
import { codeOf } from './read-place.ts';

/** Called with the names of the files that changed; `undefined`: any may have. */
export type NamesListener = (names: ReadonlySet<string> | undefined) => Promise<void>;

/**
 * Tells which files of a directory changed, until the signal aborts. A directory that is deleted or moved away is made
 * again and watched again. Rejects with the error of the file system when that fails.
 */
export async function watchDirectory(
  directory: string,
  listener: NamesListener,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (!signal.aborted) {
      makePath(directory, { mkdirSync, statSync });
      await watchUntilReplaced(directory, listener, signal);
    }
  } catch (failure) {
    if (!signal.aborted) throw failure;
  }
}

async function watchUntilReplaced(
  directory: string,
  listener: NamesListener,
  signal: AbortSignal,
): Promise<void> {
  const identity = await identityOf(directory);
  if (identity === undefined || signal.aborted) return;
  const bursts = new ChangeBursts(watch(directory), signal);
  try {
    // From here on nothing escapes; what happened before is not known.
    let names: ReadonlySet<string> | undefined;
    while ((await identityOf(directory)) === identity && !signal.aborted) {
      await listener(names);
      names = await bursts.next();
    }
  } finally {
    bursts.close();
  }
}

/** Device and inode: with another one, what is watched is not what is there. `undefined` when nothing is there. */
async function identityOf(directory: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(directory, { bigint: true });
    return `${dev}:${ino}`;
  } catch (failure) {
    if (codeOf(failure) === 'ENOENT') return undefined;
    throw failure;
  }
}
