import { SealiftError } from '../core/index.ts';

/** What one unpack may cost. Every value is a whole number above zero; `docs/limits.md` tells operators the reasons. */
export interface UnpackLimits {
  /** Bytes of tar after decompression, headers and padding included; of a copied layer, its bytes. */
  readonly totalBytes: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Entries of the archive, and files and directories of the tree with the directories that only names imply. */
  readonly entries: number;
  /** Bytes of one path in UTF-8. */
  readonly pathBytes: number;
  /** Bytes of one component of a path in UTF-8. */
  readonly componentBytes: number;
  /** Components of one path. */
  readonly depth: number;
  /** Bytes of one PAX record block or GNU long name. */
  readonly metadataBytes: number;
  /** Unpacked bytes for each compressed byte, above `ratioFloorBytes`. */
  readonly ratio: number;
  /** Unpacked bytes below which the ratio is not looked at. */
  readonly ratioFloorBytes: number;
  /** Milliseconds without a byte after which the layer counts as unreadable. */
  readonly idleMs: number;
}

export const defaultUnpackLimits: UnpackLimits = Object.freeze({
  // Flux users ship artifacts above 100 MiB; two and a half times that still fits a small site's disk twice.
  totalBytes: 256 * 1024 * 1024,
  // The largest honest files seen are vendored charts and dashboards of a few MiB.
  fileBytes: 64 * 1024 * 1024,
  // An inode each: creating 20,000 takes seconds on a slow disk, and no known set of manifests comes near.
  entries: 20_000,
  // PATH_MAX is 4,096 on Linux and 1,024 on macOS; the tree's own directory goes in front.
  pathBytes: 1024,
  // NAME_MAX of every common file system.
  componentBytes: 255,
  // Deeper trees break recursive tools, and clean-up with them.
  depth: 32,
  // A path of 1,024 bytes and a few extended attributes need a tenth of it; it is held in memory.
  metadataBytes: 64 * 1024,
  // Repetitive YAML reaches 30:1, gzip can reach 1,028:1.
  ratio: 200,
  ratioFloorBytes: 1024 * 1024,
  // The bytes come from the local disk: a minute without any means that the disk or its driver hangs.
  idleMs: 60_000,
});

const meanings: Readonly<Record<keyof UnpackLimits, string>> = {
  totalBytes: 'unpacked bytes',
  fileBytes: 'bytes in one file',
  entries: 'entries',
  pathBytes: 'bytes in a path',
  componentBytes: 'bytes in a path component',
  depth: 'path components',
  metadataBytes: 'bytes in an extended header',
  ratio: 'unpacked bytes for each compressed one',
  ratioFloorBytes: 'unpacked bytes',
  idleMs: 'milliseconds without a byte',
};

/** Throws ARCHIVE_LIMIT_EXCEEDED, naming limit and value, when `got` is above the limit. */
export function requireWithin(
  limits: UnpackLimits,
  name: keyof UnpackLimits,
  got: number,
  subject: string,
): void {
  if (got <= limits[name]) return;
  throw new SealiftError(
    'ARCHIVE_LIMIT_EXCEEDED',
    subject,
    `expected at most ${limits[name]} ${meanings[name]} (limit ${name}), got ${got}`,
  );
}
