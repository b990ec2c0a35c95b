import { SealiftError } from '../core/index.ts';
import { decodeName } from './entry-name.ts';

/** What the records of a PAX header change about the next entry. */
export interface PaxFields {
  readonly path?: string;
  readonly size?: number;
  /** A target of a link is given; its value is never used. */
  readonly linkpath?: true;
}

interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** Known, and without effect on names or content. */
const harmlessKeys = new Set(['uid', 'gid', 'uname', 'gname', 'comment', 'charset']);
const timeKeys = new Set(['mtime', 'atime', 'ctime']);
const timePattern = /^-?[0-9]+(\.[0-9]*)?$/;

/** Vendors whose keys say that the body is not the file: sparse maps and their like. */
const contentKeys = /^(GNU\.|SUN\.|SCHILY\.(realsize|filetype|offset|volhdr))/;
/** Any other vendor's keys are metadata that POSIX tells readers to ignore. */
const vendorKeys = /^[A-Z][A-Z0-9-]*\./;
/** Opaque bytes by definition. */
const opaqueKeys = /^(SCHILY\.xattr\.|LIBARCHIVE\.xattr\.)/;
const utf8Charset = 'ISO-IR 10646 2000 UTF-8';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function malformed(subject: string, detail: string): SealiftError {
  return new SealiftError('ARCHIVE_MALFORMED', subject, `PAX header: ${detail}`);
}

function refused(subject: string, detail: string): SealiftError {
  return new SealiftError('ARCHIVE_ENTRY_REFUSED', subject, `PAX header: ${detail}`);
}

/** One record, `<length> <key>=<value>\n`, exact to the byte. */
function recordAt(body: Buffer, start: number, subject: string): PaxRecord & { readonly end: number } {
  const space = body.indexOf(0x20, start);
  const digits = space < 0 ? '' : body.toString('latin1', start, Math.min(space, start + 12));
  if (!/^[1-9][0-9]{0,9}$/.test(digits))
    throw malformed(subject, `expected a record length at byte ${start}`);
  const end = start + Number(digits);
  const equals = body.indexOf(0x3d, space);
  const whole = end <= body.length && body[end - 1] === 0x0a && equals > space + 1 && equals < end;
  if (!whole) throw malformed(subject, `expected a whole record of ${digits} bytes at byte ${start}`);
  const key = body.toString('latin1', space + 1, equals);
  if (!/^[\x21-\x7e]+$/.test(key)) throw malformed(subject, `expected a printable key at byte ${start}`);
  return { key, value: body.subarray(equals + 1, end - 1), end };
}

function records(body: Buffer, subject: string): readonly PaxRecord[] {
  const found: PaxRecord[] = [];
  const keys = new Set<string>();
  for (let start = 0; start < body.length; ) {
    const record = recordAt(body, start, subject);
    if (keys.has(record.key)) throw malformed(subject, `expected each key once, got ${record.key} again`);
    keys.add(record.key);
    found.push(record);
    start = record.end;
  }
  return found;
}

function textOf({ key, value }: PaxRecord, subject: string): string {
  let decoded: string;
  try {
    decoded = decoder.decode(value);
  } catch (cause) {
    throw new SealiftError(
      'ARCHIVE_MALFORMED',
      subject,
      `PAX header: expected ${key} in UTF-8, got other bytes`,
      { cause },
    );
  }
  if (decoded.includes('\0')) throw malformed(subject, `expected ${key} without NUL`);
  return decoded;
}

function requireHarmless(key: string, value: string, subject: string): void {
  if (timeKeys.has(key)) {
    if (!timePattern.test(value))
      throw malformed(subject, `expected a number in ${key}, got ${JSON.stringify(value)}`);
    return;
  }
  if (key === 'hdrcharset') {
    if (value !== utf8Charset)
      throw refused(subject, `expected names in UTF-8, got ${JSON.stringify(value)}`);
    return;
  }
  if (harmlessKeys.has(key)) return;
  if (!vendorKeys.test(key) || contentKeys.test(key)) {
    throw refused(
      subject,
      `expected keys that leave the content alone, got ${JSON.stringify(key.slice(0, 100))}`,
    );
  }
}

function sizeIn(value: string, subject: string): number {
  if (!/^[0-9]{1,15}$/.test(value))
    throw malformed(subject, `expected a size in digits, got ${JSON.stringify(value)}`);
  return Number(value);
}

function fieldOf(record: PaxRecord, subject: string): PaxFields {
  if (record.key === 'path') return { path: decodeName(record.value, subject) };
  if (opaqueKeys.test(record.key)) return {};
  const value = textOf(record, subject);
  if (record.key === 'size') return { size: sizeIn(value, subject) };
  if (record.key === 'linkpath') return { linkpath: true };
  requireHarmless(record.key, value, subject);
  return {};
}

/**
 * Reads the records before one entry. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_02
 * @throws SealiftError ARCHIVE_MALFORMED, ARCHIVE_PATH_UNSAFE, ARCHIVE_ENTRY_REFUSED.
 */
export function decodePax(body: Buffer, subject: string): PaxFields {
  return Object.assign({}, ...records(body, subject).map((record) => fieldOf(record, subject)));
}

/** Checks a global header: only a comment may stand there, as `git archive` writes it; readers differ on all else. */
export function requireGlobalComment(body: Buffer, subject: string): void {
  for (const record of records(body, subject)) {
    if (record.key !== 'comment') {
      throw refused(
        subject,
        `expected only a comment for all entries, got ${JSON.stringify(record.key.slice(0, 100))}`,
      );
    }
  }
}
