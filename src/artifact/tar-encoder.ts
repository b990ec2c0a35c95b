import { blockBytes } from './tar-header.ts';

export interface PackedEntry {
  readonly kind: 'file' | 'directory';
  /** Relative path; `.` for the root. */
  readonly path: string;
  readonly executable: boolean;
  /** Bytes of the body; 0 for directories. */
  readonly size: number;
}

const nameBytes = 100;
/** Any name does: no reader shows it. */
const paxName = 'PaxHeader';

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

function headerBlock(name: string, type: string, mode: number, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, nameBytes, 'latin1');
  block.write(octal(mode, 8), 100, 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  block.write(octal(size, 12), 124, 'latin1');
  block.write(octal(0, 12), 136, 'latin1');
  block.write(' '.repeat(8), 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(octal(0, 8), 329, 'latin1');
  block.write(octal(0, 8), 337, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Zeros that fill the last block of a body. */
export function paddingAfter(size: number): Buffer {
  return Buffer.alloc(-size & (blockBytes - 1));
}

/** The length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function paxHeader(path: string): Buffer {
  const body = paxRecord('path', path);
  return Buffer.concat([headerBlock(paxName, 'x', 0o644, body.length), body, paddingAfter(body.length)]);
}

/** All that comes before the body of an entry: owner 0, time 0, mode 0755 for directories and executables, else 0644. */
export function encodeEntry({ kind, path, executable, size }: PackedEntry): Buffer {
  const plain = path.length <= nameBytes && /^[\x20-\x7e]+$/.test(path);
  // Readers of PAX ignore this name; for the others it is the best that fits.
  const name = plain ? path : path.replaceAll(/[^\x20-\x7e]/g, '_').slice(-nameBytes);
  const mode = kind === 'directory' || executable ? 0o755 : 0o644;
  const header = headerBlock(name, kind === 'directory' ? '5' : '0', mode, size);
  return plain ? header : Buffer.concat([paxHeader(path), header]);
}

/** Two zero blocks. */
export const endOfArchive: Uint8Array = new Uint8Array(2 * blockBytes);
