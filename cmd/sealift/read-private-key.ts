import { asSealiftError, SealiftError } from '../../src/core/index.ts';
import { openPrivateKey, type PrivateKey } from '../../src/verify/index.ts';
import { keyPassword } from './keygen.ts';
import { readGivenFile } from './read-given-file.ts';

/** A key has a few KiB. */
const maxKeyBytes = 64 * 1024;

/** Reads and opens a private key file; COSIGN_PASSWORD is its password. @throws SealiftError KEY_INVALID, KEY_PASSWORD_WRONG. */
export async function readPrivateKey(path: string): Promise<PrivateKey> {
  const pem = await readGivenFile(path, maxKeyBytes, 'KEY_INVALID');
  try {
    return await openPrivateKey(Buffer.from(pem).toString(), keyPassword());
  } catch (thrown) {
    const { code, message } = asSealiftError(thrown, 'private key');
    throw new SealiftError(code, path, message, { cause: thrown });
  }
}
