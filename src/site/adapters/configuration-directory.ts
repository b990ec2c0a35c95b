import { watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import type { ConfigurationFile } from '../configuration-file.ts';

const extensions = new Set(['.yaml', '.yml', '.json']);

/** Bounds of a configuration: a site of 10,000 deliveries fits, a wrong directory does not. */
const maxFiles = 5_000;
const maxFileSize = 16 * 1024 * 1024;

/** Editors write a file in several steps; a change is read once it has been quiet this long. */
const quietMs = 100;

async function listFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path);
  if (found.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && extensions.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !isHidden(file.slice(path.length)))
    .sort();
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.'));
}

async function readOne(path: string): Promise<ConfigurationFile> {
  const found = await stat(path);
  if (!found.isFile()) throw new SealiftError('CONFIG_INVALID', path, 'expected a regular file');
  const { size } = found;
  if (size > maxFileSize) {
    throw new SealiftError('CONFIG_INVALID', path, `expected at most ${maxFileSize} bytes, got ${size}`);
  }
  return { path, text: await readFile(path, 'utf8') };
}

/**
 * Reads a file, or every YAML and JSON file below a directory, in the order of their names. Hidden files are left out.
 * @throws SealiftError CONFIG_INVALID when the path cannot be read: an unreadable configuration is not an empty one.
 */
export async function readConfiguration(path: string): Promise<readonly ConfigurationFile[]> {
  try {
    const files = await listFiles(path);
    if (files.length > maxFiles) {
      throw new SealiftError(
        'CONFIG_INVALID',
        path,
        `expected at most ${maxFiles} files, got ${files.length}`,
      );
    }
    if (files.length === 0)
      throw new SealiftError('CONFIG_INVALID', path, 'expected a .yaml, .yml or .json file, got none');
    return await Promise.all(files.map(readOne));
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'CONFIG_INVALID');
  }
}

/**
 * When a file or directory of a configuration was last written, renamed or linked, in milliseconds since the epoch, by the clock of then: not
 * the times that a copy is given to look as old as its original.
 * @throws SealiftError CONFIG_INVALID.
 */
export async function changedAt(path: string): Promise<number> {
  try {
    const files = await listFiles(path);
    const directories = new Set(files.map((file) => dirname(file)));
    const found = await Promise.all([path, ...files, ...directories].map((place) => stat(place)));
    return Math.max(...found.map(({ ctimeMs }) => ctimeMs));
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'CONFIG_INVALID');
  }
}

/** What a watch cannot see (a directory that was replaced, a link that leads elsewhere) is seen this late. */
const checkMs = 60_000;

/** Kubernetes swaps this link to change all files of a mounted ConfigMap at once. */
const mountedLink = '..data';

/**
 * Calls `changed` as soon as the watch holds, after the file or directory changed and has been quiet for a moment, and every minute: the
 * caller looks whether anything is different. Runs until the signal aborts.
 */
export async function watchConfiguration(
  path: string,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const round = new AbortController();
    const stop = AbortSignal.any([signal, round.signal]);
    // Where nothing can be watched, the look of every minute is left.
    const watching = watchOnce(path, changed, stop).catch(changed);
    await sleep(checkMs, undefined, { signal }).catch(() => undefined);
    round.abort();
    await watching;
  }
}

async function watchOnce(path: string, changed: () => void, signal: AbortSignal): Promise<void> {
  const single = (await stat(path)).isFile();
  // A file is replaced by rename: only its directory sees that.
  const watcher = watch(single ? dirname(path) : path, { recursive: !single });
  // Not before: what is written between a look and the watch would wait for the look of the next minute.
  changed();
  const failed = Promise.withResolvers<never>();
  const stopped = Promise.withResolvers<void>();
  let pending: AbortController | undefined;
  watcher.on('error', failed.reject);
  watcher.on('change', (_, name) => {
    if (single && name !== basename(path) && name !== mountedLink) return;
    pending?.abort();
    pending = new AbortController();
    sleep(quietMs, undefined, { signal: AbortSignal.any([signal, pending.signal]) }).then(
      changed,
      () => undefined,
    );
  });
  signal.addEventListener('abort', () => stopped.resolve(), { once: true });
  if (signal.aborted) stopped.resolve();
  try {
    await Promise.race([stopped.promise, failed.promise]);
  } finally {
    watcher.close();
  }
}
