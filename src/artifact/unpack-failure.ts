import { OciError } from 'oci-client-ts';
import { asSealiftError, SealiftError } from '../core/index.ts';

const ownCodes: ReadonlySet<string> = new Set([
  'ARCHIVE_MALFORMED',
  'ARCHIVE_PATH_UNSAFE',
  'ARCHIVE_ENTRY_REFUSED',
  'ARCHIVE_DUPLICATE_ENTRY',
  'ARCHIVE_LIMIT_EXCEEDED',
]);

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function codeOf(thrown: unknown): string {
  const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** A fault of the stream that brings the layer: the disk below the layout, unless the stream says more. */
export function contentFailure(thrown: unknown, subject: string): SealiftError {
  if (thrown instanceof SealiftError) return thrown;
  const mismatch =
    thrown instanceof OciError && (thrown.code === 'digest-mismatch' || thrown.code === 'size-mismatch');
  const code = mismatch ? 'DIGEST_MISMATCH' : 'DISK_FAILED';
  return new SealiftError(code, subject, `expected to read it whole, got: ${textOf(thrown)}`, {
    cause: thrown,
  });
}

/** A fault of the decompressor or of the reader behind the guard, both of which only the archive can cause. */
function archiveFailure(thrown: unknown, subject: string): SealiftError | undefined {
  const code = codeOf(thrown);
  const gzip = code.startsWith('Z_') || code === 'ERR_TRAILING_JUNK_AFTER_STREAM_END';
  const reader = code === '' && thrown instanceof Error && thrown.constructor === Error;
  if (!gzip && !reader) return undefined;
  const expected = gzip ? 'expected one whole gzip stream' : 'expected a well-formed tar';
  return new SealiftError('ARCHIVE_MALFORMED', subject, `${expected}, got: ${textOf(thrown)}`, {
    cause: thrown,
  });
}

/** Gives whatever an unpack threw its code; errors about an entry get the layer in front. */
export function unpackFailure(thrown: unknown, subject: string): SealiftError {
  if (thrown instanceof SealiftError) {
    const inner = ownCodes.has(thrown.code) && thrown.subject !== subject;
    return inner ? new SealiftError(thrown.code, subject, thrown.message, { cause: thrown }) : thrown;
  }
  const disk = thrown instanceof Error && 'syscall' in thrown;
  if (disk) return new SealiftError('DISK_FAILED', subject, textOf(thrown), { cause: thrown });
  return archiveFailure(thrown, subject) ?? asSealiftError(thrown, subject);
}
