/** What an entry makes: the first two are written, links are only reported. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'hardlink';

/** An entry that passed every check. */
export interface TarEntry {
  readonly kind: EntryKind;
  /** The name as the archive gives it. */
  readonly name: string;
  /** Relative path with `/`, no `.` or `..`; empty for the root. */
  readonly path: string;
  /** Bytes of the body; 0 for everything but files. */
  readonly size: number;
}
