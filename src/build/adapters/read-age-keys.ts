import { readFile, stat } from 'node:fs/promises';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import type { KeyText } from '../decryption/key-material.ts';

/** Bytes of a file with age identities. */
const maxKeyFileBytes = 1024 * 1024;

/** The age identities of a file. @throws SealiftError FILE_NOT_FOUND, CONFIG_INVALID, DISK_FAILED; never quoting it. */
export async function readAgeKeys(path: string): Promise<KeyText> {
  try {
    const { size } = await stat(path);
    if (size <= maxKeyFileBytes) return { place: path, text: await readFile(path, 'utf8') };
    throw new SealiftError('CONFIG_INVALID', path, `expected at most ${maxKeyFileBytes} bytes, got ${size}`);
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'CONFIG_INVALID');
  }
}
