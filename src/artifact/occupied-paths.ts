import { SealiftError } from '../core/index.ts';
import { entrySubject } from './entry-subject.ts';
import type { EntryKind } from './tar-entry.ts';

interface Occupant {
  readonly path: string;
  readonly kind: EntryKind;
}

/** Two paths that some file system takes for one: case and Unicode form do not count. */
function fold(path: string): string {
  return path.normalize('NFKC').toLowerCase();
}

function conflict(path: string, occupant: Occupant): SealiftError {
  const other = occupant.path === path ? 'the same path' : entrySubject(occupant.path);
  return new SealiftError(
    'ARCHIVE_DUPLICATE_ENTRY',
    entrySubject(path),
    `expected each path once, got ${other} before as a ${occupant.kind}`,
  );
}

/**
 * The paths an archive has used so far. Links hold theirs although they are not made, so that nothing is written where a link
 * would have led. A directory may come again under the very same name. Memory: one string per entry.
 */
export class OccupiedPaths {
  readonly #occupants = new Map<string, Occupant>();

  /** Files, directories and links seen so far, with the directories that only names imply. */
  get size(): number {
    return this.#occupants.size;
  }

  /** Takes the path and its parents. @throws SealiftError ARCHIVE_DUPLICATE_ENTRY. */
  claim(path: string, kind: EntryKind): void {
    const folded = fold(path);
    let end = path.indexOf('/');
    let foldedEnd = folded.indexOf('/');
    while (end >= 0) {
      this.#take(folded.slice(0, foldedEnd), path.slice(0, end), 'directory');
      end = path.indexOf('/', end + 1);
      foldedEnd = folded.indexOf('/', foldedEnd + 1);
    }
    this.#take(folded, path, kind);
  }

  #take(key: string, path: string, kind: EntryKind): void {
    const occupant = this.#occupants.get(key);
    if (occupant === undefined) {
      this.#occupants.set(key, { path, kind });
      return;
    }
    const again = kind === 'directory' && occupant.kind === 'directory' && occupant.path === path;
    if (!again) throw conflict(path, occupant);
  }
}
