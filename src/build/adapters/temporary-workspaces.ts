import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asSealiftError } from '../../core/index.ts';
import type { Workspace, Workspaces } from '../workspace.ts';

/** Of everything that builds put into a temporary directory. */
export const workspacePrefix = 'sealift-build-';

/** Files that are copied at the same time. */
const copyBatch = 32;

async function copyTree(from: string, to: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await mkdir(to);
  const entries = await readdir(from, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  for (let at = 0; at < files.length; at += copyBatch) {
    signal.throwIfAborted();
    const batch = files.slice(at, at + copyBatch);
    await Promise.all(
      batch.map((name) => copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE)),
    );
  }
  for (const entry of entries) {
    if (entry.isDirectory()) await copyTree(join(from, entry.name), join(to, entry.name), signal);
  }
}

function remove(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

async function open(temporaryDirectory: string, root: string, signal: AbortSignal): Promise<Workspace> {
  await mkdir(temporaryDirectory, { recursive: true });
  const directory = await realpath(await mkdtemp(join(temporaryDirectory, workspacePrefix)));
  const copy = join(directory, 'tree');
  const home = join(directory, 'home');
  try {
    await mkdir(home);
    await copyTree(root, copy, signal);
  } catch (thrown) {
    await remove(directory);
    signal.throwIfAborted();
    throw thrown;
  }
  return {
    root: copy,
    home,
    write: async (path, content) => {
      const full = join(copy, path);
      // The copy has the mode of the original, which may forbid writing.
      await rm(full, { force: true });
      await writeFile(full, content, { mode: 0o600 });
    },
    remove: () => remove(directory),
  };
}

/** Workspaces below a directory, each readable by this user alone. */
export function createTemporaryWorkspaces(temporaryDirectory: string): Workspaces {
  return {
    open: async (root, signal) => {
      try {
        return await open(temporaryDirectory, root, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        throw asSealiftError(thrown, temporaryDirectory, 'DISK_FAILED');
      }
    },
  };
}

/**
 * Removes what builds of a killed process left behind. For a directory that no other process builds in, before the first
 * build. @throws SealiftError DISK_FAILED
 */
export async function sweepBuilds(temporaryDirectory: string): Promise<void> {
  try {
    const names = await readdir(temporaryDirectory);
    const left = names.filter((name) => name.startsWith(workspacePrefix));
    await Promise.all(left.map((name) => remove(join(temporaryDirectory, name))));
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return;
    throw asSealiftError(thrown, temporaryDirectory, 'DISK_FAILED');
  }
}
