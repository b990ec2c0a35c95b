import { resolve } from 'node:path';
import { SealiftError } from '../../src/core/index.ts';

/** The directory of a `--target dir:PATH`. @throws SealiftError USAGE. */
export function targetDirectory(target: string): string {
  const match = /^dir:(.+)$/.exec(target);
  const path = match?.[1];
  if (path === undefined) throw new SealiftError('USAGE', `--target ${target}`, 'expected dir:PATH');
  return resolve(path);
}
