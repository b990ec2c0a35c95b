import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where kustomize is looked for, in this order. */
export interface KustomizeLookup {
  /** A path that was named; when it is no program nothing else is tried. */
  readonly kustomize?: string;
  /** The value of `PATH`; entries that are not absolute are left out. */
  readonly searchPath: string;
  /** The directory of our own program. */
  readonly programDirectory?: string;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The path of the kustomize binary; `undefined` when there is none. */
export async function findKustomize(lookup: KustomizeLookup): Promise<string | undefined> {
  if (lookup.kustomize !== undefined) {
    return (await isProgram(lookup.kustomize)) ? lookup.kustomize : undefined;
  }
  const directories = lookup.searchPath.split(delimiter).filter(isAbsolute);
  if (lookup.programDirectory !== undefined) directories.push(lookup.programDirectory);
  for (const directory of directories) {
    const path = join(directory, 'kustomize');
    if (await isProgram(path)) return path;
  }
  return undefined;
}
