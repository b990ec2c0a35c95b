import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { OciError } from '../errors.ts';

/** Bytes held in memory by one reader. */
const chunkBytes = 256 * 1024;

export interface ByteRange {
  /** First byte. */
  readonly start: number;
  /** First byte that is not read any more. */
  readonly end: number;
}

/** @throws OciError `not-found`; `invalid` for anything but a regular file: the medium may be hostile, and a pipe would never end. */
export async function openRegular(path: string, subject: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (!isAbsence(cause)) throw cause;
    throw new OciError('not-found', subject, 'no content of this name', { cause });
  }
  try {
    if ((await handle.stat()).isFile()) return handle;
  } catch (cause) {
    await handle.close();
    throw cause;
  }
  await handle.close();
  throw new OciError('invalid', subject, 'expected a regular file');
}

export function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Streams a file in pieces; each piece is its own memory. */
export async function* readFileChunks(
  path: string,
  subject: string,
  range: ByteRange = { start: 0, end: Number.POSITIVE_INFINITY },
): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await openRegular(path, subject);
  try {
    for (let at = range.start; at < range.end; ) {
      const wanted = Math.min(chunkBytes, range.end - at);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
