import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import { writeDurably } from './durable-file.ts';
import { isThere } from './is-there.ts';
import { onDisk } from './on-disk.ts';
import { makeTrustDirectory, readTrustFiles, type ShippedRoot, type StoredRoot } from './trust-files.ts';

/** Another root under a name than before: ids, `sha256:<hex>` of the files; absent where there is none. */
export interface TrustChange {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

/** Rejects what is no trusted root: SealiftError TRUST_INVALID. */
export type CheckRoot = (content: Uint8Array, subject: string) => unknown;

export interface TrustPlaces {
  /** `trust/` of a state directory. */
  readonly directory: string;
  readonly shipped: readonly ShippedRoot[];
  readonly check: CheckRoot;
}

/** What a look at the files brought. */
export interface TrustLook {
  /** Roots that are others than at the last look, which may have been another process's. */
  readonly changes: readonly TrustChange[];
  /** What is no trusted root. */
  readonly faults: readonly SealiftError[];
}

/** What was in force when the agent looked last, so that changes are told that came while none ran. */
const inForceFile = '.in-force';

/**
 * The trusted roots of a site, as they were when it looked last: contents and ids always belong together, whatever happens to the files.
 */
export class TrustStore {
  readonly #places: TrustPlaces;
  #roots: ReadonlyMap<string, StoredRoot> = new Map();

  constructor(places: TrustPlaces) {
    this.#places = places;
  }

  /** Sorted by name. */
  list(): readonly StoredRoot[] {
    return [...this.#roots.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** `sha256:<hex>` of the root of this name. */
  idOf(name: string): string | undefined {
    return this.#roots.get(name)?.id;
  }

  /** When the root of this name was stored, or published where it came with the program; milliseconds since the epoch. */
  since(name: string): number | undefined {
    return this.#roots.get(name)?.since;
  }

  /** The root of this name. @throws SealiftError OBJECT_NOT_FOUND. */
  read(name: string): Uint8Array {
    const root = this.#roots.get(name);
    if (root !== undefined) return root.content;
    const names = this.list().map((stored) => stored.name);
    throw new SealiftError(
      'OBJECT_NOT_FOUND',
      `trusted root ${name}`,
      `expected one that the site has stored (${names.join(', ') || 'none'}); \`sealift trust import FILE --name ${name}\` stores it`,
    );
  }

  /**
   * Looks at the files again. Where one is no trusted root, what was in force under its name stays there; nothing else takes its place, not
   * even what came with the program. @throws SealiftError DISK_FAILED; TRUST_INVALID when there are too many or too large ones: then all stay.
   */
  look(): TrustLook {
    const { directory, shipped } = this.#places;
    const faults: SealiftError[] = [];
    const roots = readTrustFiles(directory, shipped).flatMap((root) => {
      const fault = this.#faultOf(root);
      if (fault === undefined) return [root];
      faults.push(fault);
      const kept = this.#roots.get(root.name);
      return kept === undefined ? [] : [kept];
    });
    this.#roots = new Map(roots.map((root) => [root.name, root]));
    return { changes: this.#takeNote(), faults };
  }

  #faultOf({ name, content, id }: StoredRoot): SealiftError | undefined {
    if (this.#roots.get(name)?.id === id) return undefined;
    const subject = `trusted root ${name}`;
    try {
      this.#places.check(content, subject);
      return undefined;
    } catch (thrown) {
      return asSealiftError(thrown, subject);
    }
  }

  #takeNote(): readonly TrustChange[] {
    const path = join(this.#places.directory, inForceFile);
    const now = Object.fromEntries(this.list().map(({ name, id }) => [name, id]));
    const before = readNote(path);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) return [];
    makeTrustDirectory(this.#places.directory);
    onDisk(path, () => writeDurably(path, JSON.stringify(now)));
    // On a new site nothing has changed.
    return before === undefined ? [] : differences(before, now);
  }
}

type Ids = Readonly<Record<string, string>>;

/** A note that cannot be read is none: everything there is then counts as new. */
function readNote(path: string): Ids | undefined {
  if (!onDisk(path, () => isThere(path))) return undefined;
  try {
    const note: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof note === 'object' && note !== null ? (note as Ids) : {};
  } catch (thrown) {
    const failure = asSealiftError(thrown, path);
    if (failure.code === 'DISK_FAILED') throw failure;
    return {};
  }
}

function differences(before: Ids, now: Ids): readonly TrustChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    const [old, current] = [before[name], now[name]];
    if (old === current) return [];
    return [
      {
        name,
        ...(old === undefined ? {} : { before: old }),
        ...(current === undefined ? {} : { after: current }),
      },
    ];
  });
}
