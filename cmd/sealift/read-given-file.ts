import { readFile, stat } from 'node:fs/promises';
import { asSealiftError, type ErrorCode, SealiftError } from '../../src/core/index.ts';

/** Reads a file that a person named, whole. What is larger, or no file (/dev/zero), is refused with the code given. `limit` in bytes. */
export async function readGivenFile(path: string, limit: number, code: ErrorCode): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (found.isFile() && found.size <= limit) return await readFile(path);
  } catch (thrown) {
    throw asSealiftError(thrown, path, code);
  }
  throw new SealiftError(code, path, `expected a file of at most ${limit} bytes`);
}
