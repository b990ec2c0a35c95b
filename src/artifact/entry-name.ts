import { SealiftError } from '../core/index.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name as the archive holds it: strict UTF-8 without NUL, so that two names never become one. @throws SealiftError ARCHIVE_PATH_UNSAFE. */
export function decodeName(bytes: Uint8Array, subject: string): string {
  if (bytes.includes(0)) {
    throw new SealiftError('ARCHIVE_PATH_UNSAFE', subject, 'expected a name without NUL, got one inside');
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new SealiftError('ARCHIVE_PATH_UNSAFE', subject, 'expected a name in UTF-8, got other bytes', {
      cause,
    });
  }
}
