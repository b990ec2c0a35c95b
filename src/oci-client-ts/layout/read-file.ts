import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { OciError } from '../errors.ts';

/** Bytes held in memory by one reader at most; of a small file, as many as it has. */
const chunkBytes = 256 * 1024;

export interface ByteRange {
  /** First byte. */
  readonly start: number;
  /** First byte that is not read any more. */
  readonly end: number;
}

/** @throws OciError `not-found`; `invalid` for anything but a regular file: the medium may be hostile, and a pipe would never end. */
export async function openRegular(path: string, subject: string): Promise<FileHandle> {
  return (await openSized(path, subject)).handle;
}

interface SizedFile {
  readonly handle: FileHandle;
  /** Bytes, when it was opened. */
  readonly size: number;
}

async function openSized(path: string, subject: string): Promise<SizedFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (!isAbsence(cause)) throw cause;
    throw new OciError('not-found', subject, 'no content of this name', { cause });
  }
  try {
    const found = await handle.stat();
    if (found.isFile()) return { handle, size: found.size };
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
  const { handle, size } = await openSized(path, subject);
  try {
    for (let at = range.start; at < range.end; ) {
      // One byte more than there is: what comes short of it is the end, and nobody has to look once more.
      const left = at > size ? chunkBytes : size - at + 1;
      const wanted = Math.min(chunkBytes, range.end - at, left);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
      if (bytesRead < wanted && at >= size) return;
    }
  } finally {
    await handle.close();
  }
}
