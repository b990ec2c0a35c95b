import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { type ErrorCode, SealiftError } from '../../core/index.ts';

/** Where a program is looked for, in this order. */
export interface ProgramLookup {
  readonly name: string;
  /** A path that was named; when it is no program nothing else is tried. */
  readonly named?: string;
  /** The value of `PATH`; entries that are not absolute are left out. */
  readonly searchPath: string;
  /** The directory of our own program. */
  readonly programDirectory?: string;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The path of a program; `undefined` when there is none. */
export async function findProgram(lookup: ProgramLookup): Promise<string | undefined> {
  if (lookup.named !== undefined) return isProgram(lookup.named) ? lookup.named : undefined;
  const directories = lookup.searchPath.split(delimiter).filter(isAbsolute);
  if (lookup.programDirectory !== undefined) directories.push(lookup.programDirectory);
  for (const directory of directories) {
    const path = join(directory, lookup.name);
    if (isProgram(path)) return path;
  }
  return undefined;
}

/** As `findProgram`; a program that was named and is none is not a reason to look elsewhere. */
export async function requireNamed(lookup: ProgramLookup, code: ErrorCode): Promise<string | undefined> {
  const found = await findProgram(lookup);
  if (found !== undefined || lookup.named === undefined) return found;
  throw new SealiftError(code, lookup.named, 'expected the path of a program');
}
