import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import type { TreePart, Workspace, Workspaces } from '../workspace.ts';
import { maxBuildBytes, maxYamlFileBytes } from '../yaml-limits.ts';
import { makePrivateDirectory, removePrivateDirectory } from './private-directory.ts';

/** Files that are copied at the same time. */
const copyBatch = 32;

async function sizeOf(root: string, path: string): Promise<number> {
  const status = await lstat(join(root, path));
  if (!status.isFile()) throw new SealiftError('DISK_FAILED', path, 'expected a regular file');
  const { size } = status;
  if (size <= maxYamlFileBytes) return size;
  throw new SealiftError(
    'YAML_LIMIT_EXCEEDED',
    path,
    `expected at most ${maxYamlFileBytes} bytes, got ${size}`,
  );
}

async function copyPart(part: TreePart, to: string, signal: AbortSignal): Promise<void> {
  const { root, files, directories } = part;
  const parents = new Set([...directories, ...[...files].map((path) => dirname(path))]);
  await Promise.all([...parents].map((path) => mkdir(join(to, path), { recursive: true })));
  const paths = [...files];
  let total = 0;
  for (let at = 0; at < paths.length; at += copyBatch) {
    signal.throwIfAborted();
    const batch = paths.slice(at, at + copyBatch);
    for (const size of await Promise.all(batch.map((path) => sizeOf(root, path)))) total += size;
    if (total > maxBuildBytes) {
      const detail = `expected at most ${maxBuildBytes} bytes of files that a build reads, got more`;
      throw new SealiftError('YAML_LIMIT_EXCEEDED', paths[at] ?? '.', detail);
    }
    await Promise.all(
      batch.map((path) => copyFile(join(root, path), join(to, path), constants.COPYFILE_FICLONE)),
    );
  }
}

async function open(temporaryDirectory: string, part: TreePart, signal: AbortSignal): Promise<Workspace> {
  const directory = await makePrivateDirectory(temporaryDirectory);
  const copy = join(directory, 'tree');
  const home = join(directory, 'home');
  try {
    await mkdir(home);
    await copyPart(part, copy, signal);
  } catch (thrown) {
    await removePrivateDirectory(directory);
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
    remove: async () => {
      // All at once; what else is there has to be looked for.
      await Promise.allSettled([...part.files].map((path) => unlink(join(copy, path))));
      await removePrivateDirectory(directory);
    },
  };
}

/** Workspaces below a directory, each readable by this user alone. */
export function createTemporaryWorkspaces(temporaryDirectory: string): Workspaces {
  return {
    open: async (part, signal) => {
      try {
        return await open(temporaryDirectory, part, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        throw asSealiftError(thrown, temporaryDirectory, 'DISK_FAILED');
      }
    },
  };
}
