import { constants, linkSync, lstatSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import type { TreePart, Workspace, Workspaces } from '../kustomize/workspace.ts';
import { maxBuildBytes, maxYamlFileBytes } from '../yaml/yaml-limits.ts';
import { makePrivateDirectory, removePrivateDirectory } from './private-directory.ts';

/** Files that are linked or removed before others of this process have their turn, or copied at the same time. */
const batchSize = 32;

/** What says that a file system, or the kernel for this file, has no further links to give. */
const linkless: ReadonlySet<unknown> = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'ENOSYS']);

function sizeOf(root: string, path: string): number {
  const status = lstatSync(join(root, path));
  if (!status.isFile()) throw new SealiftError('DISK_FAILED', path, 'expected a regular file');
  const { size } = status;
  if (size <= maxYamlFileBytes) return size;
  throw new SealiftError(
    'YAML_LIMIT_EXCEEDED',
    path,
    `expected at most ${maxYamlFileBytes} bytes, got ${size}`,
  );
}

/**
 * A second name for the same file costs a twentieth of a copy, and kustomize only reads. At once: to hand it to other threads costs more than
 * to do it.
 */
function isLinked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && linkless.has(thrown.code)) return false;
    throw thrown;
  }
}

/** The directories of a part with those above them, which come first. */
function directoriesOf({ files, directories }: TreePart): ReadonlySet<string> {
  const all = new Set(['.']);
  const add = (path: string): void => {
    if (path === '' || all.has(path)) return;
    add(dirname(path));
    all.add(path);
  };
  for (const path of directories) add(path);
  for (const path of files) add(dirname(path));
  return all;
}

async function takePart(part: TreePart, to: string, signal: AbortSignal): Promise<void> {
  const { root } = part;
  for (const path of directoriesOf(part)) mkdirSync(join(to, path));
  const paths = [...part.files];
  let total = 0;
  for (let at = 0; at < paths.length; at += batchSize) {
    if (at > 0) await setImmediate();
    signal.throwIfAborted();
    const batch = paths.slice(at, at + batchSize);
    for (const path of batch) total += sizeOf(root, path);
    if (total > maxBuildBytes) {
      const detail = `expected at most ${maxBuildBytes} bytes of files that a build reads, got more`;
      throw new SealiftError('YAML_LIMIT_EXCEEDED', paths[at] ?? '.', detail);
    }
    const left = batch.filter((path) => !isLinked(join(root, path), join(to, path)));
    await Promise.all(
      left.map((path) => copyFile(join(root, path), join(to, path), constants.COPYFILE_FICLONE)),
    );
  }
}

/** At once, like the links; what stays is looked for afterwards. */
async function removeFiles({ files }: TreePart, from: string): Promise<void> {
  const paths = [...files];
  for (const [at, path] of paths.entries()) {
    if (at > 0 && at % batchSize === 0) await setImmediate();
    try {
      unlinkSync(join(from, path));
    } catch {
      // It was never there, or does not go: the directory is removed with all that is left.
    }
  }
}

async function open(temporaryDirectory: string, part: TreePart, signal: AbortSignal): Promise<Workspace> {
  const directory = await makePrivateDirectory(temporaryDirectory);
  const copy = join(directory, 'tree');
  const home = join(directory, 'home');
  try {
    mkdirSync(home);
    await takePart(part, copy, signal);
  } catch (thrown) {
    await removePrivateDirectory(directory);
    throw thrown;
  }
  return {
    root: copy,
    home,
    write: (path, content) => {
      const full = join(copy, path);
      // It may be the file of the artifact itself, by a second name, and has its mode, which may forbid writing.
      rmSync(full, { force: true });
      writeFileSync(full, content, { mode: 0o600 });
    },
    remove: async () => {
      await removeFiles(part, copy);
      try {
        rmSync(directory, { recursive: true, force: true });
      } catch {
        // Somebody may still write there; that one waits, and says what is in its way.
        await removePrivateDirectory(directory);
      }
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
