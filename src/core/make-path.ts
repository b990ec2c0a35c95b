import { dirname } from 'node:path';

/** What making a path takes of a file system, as `node:fs` has it. */
export interface DirectoryCalls {
  mkdirSync(path: string, options: { readonly mode: number }): unknown;
  statSync(path: string): { isDirectory(): boolean };
}

/** For everybody whom the umask lets. */
const openMode = 0o777;

/**
 * Makes a directory and those above it that are missing, step by step: Node's recursive `mkdir` never comes back, and cannot be stopped, where
 * a directory that is there says of what is to be made in it that it is not, as those of /proc do.
 * @throws the error of the system, or one that names such a directory.
 */
export function makePath(path: string, calls: DirectoryCalls, mode: number = openMode): void {
  const failure = failureToMake(path, calls, mode);
  if (failure === undefined) return;
  const parent = dirname(path);
  if (!isCode(failure, 'ENOENT') || parent === path) throw failure;
  makePath(parent, calls, mode);
  const again = failureToMake(path, calls, mode);
  if (again === undefined) return;
  if (!isCode(again, 'ENOENT')) throw again;
  throw new Error(`no directory can be made in ${parent} (ENOENT)`, { cause: again });
}

function failureToMake(path: string, { mkdirSync, statSync }: DirectoryCalls, mode: number): unknown {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (failure) {
    return isCode(failure, 'EEXIST') && isDirectory(path, statSync) ? undefined : failure;
  }
}

function isDirectory(path: string, statSync: DirectoryCalls['statSync']): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A link to nothing: that something else is there says more.
    return false;
  }
}

function isCode(failure: unknown, code: string): boolean {
  return failure instanceof Error && 'code' in failure && failure.code === code;
}
