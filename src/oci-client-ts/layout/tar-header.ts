import { OciError } from '../errors.ts';

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 (ustar interchange format) */
export const tarBlockBytes = 512;

/** What this package looks at: content by name. Links are seen and passed over. */
export type TarKind = 'file' | 'directory' | 'link' | 'pax' | 'pax-global' | 'long-name';

export interface TarHeader {
  readonly kind: TarKind;
  /** Bytes of the body. */
  readonly size: number;
  readonly name: string;
}

const kinds: Readonly<Record<string, TarKind>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'link',
  '2': 'link',
  '5': 'directory',
  x: 'pax',
  g: 'pax-global',
  L: 'long-name',
};

/** Old archives without a magic are no archives here: everything looks a little like one. */
const magics: ReadonlySet<string> = new Set(['ustar\x0000', 'ustar  \0']);

/**
 * Reads one header block; undefined for a block of zeros. Fields on which readers differ are refused, so that what is found here is what
 * every other reader finds. @throws OciError `invalid`.
 */
export function parseTarHeader(block: Buffer, subject: string): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  checkSum(block, subject);
  const magic = block.toString('latin1', 257, 265);
  if (!magics.has(magic)) throw tarFault(subject, 'expected a ustar or GNU header');
  const type = block.toString('latin1', 156, 157);
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined)
    throw tarFault(subject, `expected a file, directory or link, got type ${quote(type)}`);
  const size = octal(block, 124, 12);
  if (size === undefined) throw tarFault(subject, 'expected a size in octal digits');
  const name = nameOf(block, magic, subject);
  if ((kind === 'directory' || kind === 'link') && size !== 0) {
    throw tarFault(subject, `expected a ${kind} without body, got ${size} bytes`);
  }
  return { kind, size, name };
}

export function tarFault(subject: string, detail: string): OciError {
  return new OciError('invalid', subject, detail);
}

/** The field itself counts as eight spaces. */
function checkSum(block: Buffer, subject: string): void {
  let sum = 8 * 0x20;
  for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte;
  const recorded = octal(block, 148, 8);
  if (recorded !== sum) throw tarFault(subject, `expected header checksum ${sum}, got ${recorded ?? 'none'}`);
}

/** Digits with blanks around; base-256 is refused, readers differ on it. */
function octal(block: Buffer, offset: number, length: number): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', offset, offset + length))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** GNU headers hold times where ustar has the prefix. */
function nameOf(block: Buffer, magic: string, subject: string): string {
  const name = textOf(block.subarray(0, 100), subject);
  const prefix = magic.startsWith('ustar\0') ? textOf(block.subarray(345, 500), subject) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Up to the first NUL. @throws OciError `invalid` when it is not UTF-8: two names must not become one. */
export function textOf(bytes: Uint8Array, subject: string): string {
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(end === -1 ? bytes : bytes.subarray(0, end));
  } catch (cause) {
    throw new OciError('invalid', subject, 'expected a name in UTF-8', { cause });
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}
