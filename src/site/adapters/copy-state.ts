import { constants, mkdirSync, statSync } from 'node:fs';
import { copyFile, link, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { asSealiftError, makePath } from '../../core/index.ts';
import { isThere } from './is-there.ts';
import { onDisk } from './on-disk.ts';

/** Folders with small files that may be written again under the same name. */
const copied = ['floors', 'trust', 'layout'];

/** Folders whose files never change, only appear and vanish: a link is as good as a copy. */
const linked = [join('layout', 'blobs', 'sha256'), join('layout', 'blobs', 'sha512')];

/**
 * What an agent would find in `from`, once more in `to`, which is there and empty: to find out what it would do, beside a running agent or after it.
 * Nothing in `from` is written. A site without state has none here either.
 * @throws SealiftError DISK_FAILED.
 */
export async function copyState(from: string, to: string): Promise<void> {
  try {
    await copyDatabase(join(from, 'state.db'), join(to, 'state.db'));
    for (const folder of copied) await eachFile(join(from, folder), join(to, folder), copyFresh);
    for (const folder of linked) await eachFile(join(from, folder), join(to, folder), linkOrCopy);
  } catch (thrown) {
    throw asSealiftError(thrown, from, 'DISK_FAILED');
  }
}

/** A file that nobody has open is copied as it is: to open it would leave files of SQLite beside it. */
async function copyDatabase(from: string, to: string): Promise<void> {
  if (!isThere(from)) return;
  if (!isThere(`${from}-wal`)) return copyFresh(from, to);
  onDisk(from, () => {
    const database = new DatabaseSync(from, { readOnly: true, timeout: busyTimeoutMs });
    try {
      database.prepare('VACUUM INTO ?').run(to);
    } finally {
      database.close();
    }
  });
}

/** An agent that writes is done in a few milliseconds. */
const busyTimeoutMs = 5_000;

type Bring = (from: string, to: string) => Promise<void>;

/** What is gone before its turn came is none that is needed: an agent removes only what is not in force. */
async function eachFile(from: string, to: string, bring: Bring): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch((thrown: unknown) => {
    if (isAbsence(thrown)) return [];
    throw thrown;
  });
  const files = entries.filter((entry) => entry.isFile());
  if (files.length > 0) makePath(to, { mkdirSync, statSync }, 0o700);
  for (const { name } of files) {
    await bring(join(from, name), join(to, name)).catch((thrown: unknown) => {
      if (!isAbsence(thrown)) throw thrown;
    });
  }
}

/** With its time, which says since when a trusted root is there. */
async function copyFresh(from: string, to: string): Promise<void> {
  const { atime, mtime } = await stat(from);
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await utimes(to, atime, mtime);
}

function isAbsence(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

/** Another file system takes no link, nor does a file of another user. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch((thrown: unknown) => {
    if (isAbsence(thrown)) throw thrown;
    return copyFresh(from, to);
  });
}
