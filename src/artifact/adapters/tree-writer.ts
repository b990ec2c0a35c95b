import { closeSync, constants, fsync, mkdirSync, openSync, rmdirSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Never follows a link, never takes over a file that is there. */
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** A file system commits flushes that wait together at once; more than this gains nothing. */
const flushesAtOnce = 16;

const sync = promisify(fsync);

export interface FileSink {
  write(chunk: Uint8Array): void;
  close(): void;
}

/**
 * Fills one fresh directory that nobody else knows. Calls are synchronous: for small files that is several times faster than waiting for
 * each. Paths are relative, checked by the guard. Modes of the archive are ignored: files 0644, directories 0755, less the umask.
 */
export class TreeWriter {
  readonly #root: string;
  readonly #files = new Map<string, number>();
  readonly #directories = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Sizes in bytes by path. */
  get files(): ReadonlyMap<string, number> {
    return this.#files;
  }

  get directories(): ReadonlySet<string> {
    return this.#directories;
  }

  directory(relative: string): void {
    if (relative === '' || this.#directories.has(relative)) return;
    const slash = relative.lastIndexOf('/');
    if (slash > 0) this.directory(relative.slice(0, slash));
    mkdirSync(path.join(this.#root, relative), 0o755);
    this.#directories.add(relative);
  }

  file(relative: string): FileSink {
    const slash = relative.lastIndexOf('/');
    if (slash > 0) this.directory(relative.slice(0, slash));
    const descriptor = openSync(path.join(this.#root, relative), createFlags, 0o644);
    let size = 0;
    return {
      write: (chunk) => {
        for (let offset = 0; offset < chunk.length; ) offset += writeSync(descriptor, chunk, offset);
        size += chunk.length;
      },
      close: () => {
        closeSync(descriptor);
        this.#files.set(relative, size);
      },
    };
  }

  removeFile(relative: string): void {
    unlinkSync(path.join(this.#root, relative));
    this.#files.delete(relative);
  }

  /** The directory has to be empty. */
  removeDirectory(relative: string): void {
    rmdirSync(path.join(this.#root, relative));
    this.#directories.delete(relative);
  }

  /** Brings everything to the disk: after that a power cut cannot take a byte of it. */
  async flush(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#files.keys(), ...this.#directories, ''].values();
    const flushNext = async (): Promise<void> => {
      for (const relative of waiting) {
        signal.throwIfAborted();
        const descriptor = openSync(path.join(this.#root, relative), constants.O_RDONLY);
        await sync(descriptor).finally(() => closeSync(descriptor));
      }
    };
    // All of them end before an error leaves, so that nothing touches the directory afterwards.
    const outcomes = await Promise.allSettled(Array.from({ length: flushesAtOnce }, flushNext));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
