import { SealiftError } from '../core/index.ts';

/** Bytes needed to tell a plain tar. */
export const sniffBytes = 265;

interface Signature {
  readonly offset: number;
  /** Latin-1. */
  readonly magic: string;
  readonly what: string;
}

const gzip = '\x1f\x8b\x08';

/** What people push by mistake, so that the error names it. */
const others: readonly Signature[] = [
  { offset: 0, magic: '\x28\xb5\x2f\xfd', what: 'a zstd stream' },
  { offset: 1, magic: '\x2a\x4d\x18', what: 'a zstd skippable frame' },
  { offset: 257, magic: 'ustar', what: 'a tar without compression' },
  { offset: 0, magic: 'BZh', what: 'a bzip2 stream' },
  { offset: 0, magic: '\xfd7zXZ\0', what: 'an xz stream' },
  { offset: 0, magic: '\x04\x22\x4d\x18', what: 'an lz4 stream' },
  { offset: 0, magic: 'PK\x03\x04', what: 'a zip archive' },
  { offset: 0, magic: '-----BEGIN PGP', what: 'a PGP text, as Helm provenance is' },
  { offset: 0, magic: '{', what: 'what looks like JSON' },
];

function nameOf(head: Buffer): string {
  if (head.length === 0) return 'nothing';
  const found = others.find(
    ({ offset, magic }) => head.toString('latin1', offset, offset + magic.length) === magic,
  );
  return found?.what ?? `bytes that start with ${head.toString('hex', 0, 4)}`;
}

/**
 * The compression is told by the first bytes; media types of layers are often wrong. A plain tar is refused too: Flux takes gzip alone, and
 * what one engine delivers the other should. @throws SealiftError LAYER_UNSUPPORTED.
 */
export function requireGzip(head: Buffer, mediaType: string, subject: string): void {
  if (head.toString('latin1', 0, gzip.length) === gzip) return;
  throw new SealiftError(
    'LAYER_UNSUPPORTED',
    subject,
    `expected a gzip stream, got ${nameOf(head)} (media type ${JSON.stringify(mediaType)})`,
  );
}
