import { open } from 'node:fs/promises';
import { OciError } from '../../errors.ts';
import type { ReadToken } from './cloud-provider.ts';

/** A service account token has one to two kilobytes. */
const maxTokenBytes = 64 * 1024;

/** Reads the workload's token from a file, such as Kubernetes projects. @throws OciError `invalid`, and what opening a file throws. */
export function tokenFile(path: string): ReadToken {
  return async (signal) => {
    signal.throwIfAborted();
    await using file = await open(path);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxTokenBytes + 1), 0);
    const token = buffer.toString('utf8', 0, bytesRead).trim();
    if (bytesRead > maxTokenBytes || !/^[\x21-\x7e]+$/.test(token)) {
      throw new OciError('invalid', path, `expected a token of at most ${maxTokenBytes} bytes`);
    }
    return token;
  };
}
