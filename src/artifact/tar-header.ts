import { SealiftError } from '../core/index.ts';
import { entrySubject } from './entry-subject.ts';
import type { EntryKind } from './tar-entry.ts';

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 (ustar interchange format) */
export const blockBytes = 512;

/** Headers that describe the entry after them. */
export type MetadataKind = 'pax' | 'pax-global' | 'long-name' | 'long-link';

interface Header<Kind> {
  readonly kind: Kind;
  /** Bytes of the body. */
  readonly size: number;
  /** Raw name, prefix included; only valid where no metadata header replaces it. */
  readonly name: Uint8Array;
}

export type EntryHeader = Header<EntryKind>;
export type MetadataHeader = Header<MetadataKind>;
export type TarHeader = EntryHeader | MetadataHeader;

const metadataKinds: ReadonlySet<string> = new Set<MetadataKind>([
  'pax',
  'pax-global',
  'long-name',
  'long-link',
]);

export function isMetadata(header: TarHeader): header is MetadataHeader {
  return metadataKinds.has(header.kind);
}

const kinds: Readonly<Record<string, EntryKind | MetadataKind>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
  x: 'pax',
  g: 'pax-global',
  L: 'long-name',
  K: 'long-link',
};

/** For the message only: whatever is not in `kinds` is refused. */
const refusedTypes: Readonly<Record<string, string>> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
  '7': 'a contiguous file',
  D: 'a GNU directory dump',
  M: 'a continuation of another volume',
  N: 'an old GNU long name',
  S: 'a GNU sparse file',
  V: 'a volume label',
  X: 'a Solaris extended header',
};

const ustarMagic = Buffer.from('ustar\x0000', 'latin1');
const gnuMagic = Buffer.from('ustar  \0', 'latin1');

/** Number fields that nothing reads; they are looked at so that garbage is told from a header. */
const unusedNumbers: readonly (readonly [name: string, offset: number, length: number])[] = [
  ['mode', 100, 8],
  ['owner id', 108, 8],
  ['group id', 116, 8],
  ['time', 136, 12],
];

function malformed(subject: string, detail: string): SealiftError {
  return new SealiftError('ARCHIVE_MALFORMED', subject, detail);
}

/** Octal digits, spaces before, spaces or NULs after; `undefined` when empty. Base-256 is refused: readers differ on it. */
function octal(block: Buffer, offset: number, length: number): number | undefined | 'invalid' {
  const text = block.toString('latin1', offset, offset + length);
  if (/^[ \0]*$/.test(text)) return undefined;
  const digits = /^ *([0-7]+)[ \0]*$/.exec(text)?.[1];
  return digits === undefined ? 'invalid' : Number.parseInt(digits, 8);
}

function requireChecksum(block: Buffer, subject: string): void {
  // The field counts as eight spaces.
  let sum = 8 * 0x20;
  for (let index = 0; index < 148; index += 1) sum += block[index] ?? 0;
  for (let index = 156; index < blockBytes; index += 1) sum += block[index] ?? 0;
  const recorded = octal(block, 148, 8);
  if (recorded !== sum) {
    throw malformed(subject, `expected header checksum ${sum}, got ${recorded ?? 'none'}`);
  }
}

/** True when the name may have a prefix: GNU keeps other fields there. */
function requireMagic(block: Buffer, subject: string): boolean {
  const magic = block.subarray(257, 265);
  if (ustarMagic.equals(magic)) return true;
  if (gnuMagic.equals(magic)) return false;
  throw malformed(
    subject,
    `expected a ustar or GNU header, got magic ${JSON.stringify(magic.toString('latin1'))}`,
  );
}

function text(block: Buffer, offset: number, length: number): Buffer {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

function nameOf(block: Buffer, mayHavePrefix: boolean): Buffer {
  const name = text(block, 0, 100);
  const prefix = mayHavePrefix ? text(block, 345, 155) : Buffer.alloc(0);
  return Buffer.concat(prefix.length === 0 ? [name] : [prefix, Buffer.from('/'), name]);
}

/** Base-256 is let through here: owners and times beyond the octal range are common, and are not used. */
function requireNumbers(block: Buffer, subject: string): void {
  for (const [field, offset, length] of unusedNumbers) {
    const first = block[offset] ?? 0;
    const base256 = first === 0x80 || first === 0xff;
    if (!base256 && octal(block, offset, length) === 'invalid') {
      throw malformed(
        subject,
        `expected an octal ${field}, got ${JSON.stringify(block.toString('latin1', offset, offset + length))}`,
      );
    }
  }
}

function kindOf(block: Buffer, name: Buffer): EntryKind | MetadataKind {
  const type = String.fromCharCode(block[156] ?? 0);
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind !== undefined) return kind;
  throw new SealiftError(
    'ARCHIVE_ENTRY_REFUSED',
    entrySubject(name.toString('utf8')),
    `expected a file or directory, got ${refusedTypes[type] ?? `unknown type ${JSON.stringify(type)}`}`,
  );
}

function sizeOf(block: Buffer, kind: EntryKind | MetadataKind, subject: string): number {
  const size = octal(block, 124, 12);
  if (size === 'invalid') {
    throw malformed(
      subject,
      `expected an octal size, got ${JSON.stringify(block.toString('latin1', 124, 136))}`,
    );
  }
  const mayBeEmpty = kind === 'directory' || kind === 'symlink' || kind === 'hardlink';
  if (size === undefined && !mayBeEmpty) throw malformed(subject, 'expected a size, got none');
  // A body here is read by some and skipped by others, and what one takes for a body is an entry to the other.
  if (mayBeEmpty && (size ?? 0) !== 0)
    throw malformed(subject, `expected no body for a ${kind}, got size ${size}`);
  return size ?? 0;
}

/**
 * Reads one header block. Stricter than any one reader, so that all readers agree on what it lets through.
 * @throws SealiftError ARCHIVE_MALFORMED, ARCHIVE_ENTRY_REFUSED.
 */
export function decodeTarHeader(block: Buffer, subject: string): TarHeader {
  requireChecksum(block, subject);
  const name = nameOf(block, requireMagic(block, subject));
  const kind = kindOf(block, name);
  const size = sizeOf(block, kind, subject);
  requireNumbers(block, subject);
  return { kind, size, name } as TarHeader;
}
