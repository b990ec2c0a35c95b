import { stat } from 'node:fs/promises';
import { readAll } from '../checked-content.ts';
import { OciError } from '../errors.ts';
import type { IndexBook, IndexChange } from '../indexed-store.ts';
import {
  emptyLayoutIndex,
  type LayoutIndex,
  parseLayoutIndex,
  serializeLayoutIndex,
} from '../layout-index.ts';
import { serialQueue } from '../serial-queue.ts';
import { type LockLimits, takeLock } from './lock-file.ts';
import { isAbsence, readFileChunks } from './read-file.ts';
import { TempFile } from './temp-file.ts';

/** Bytes of index.json: 100,000 entries with long names. The whole file is held in memory while it is changed. */
export const maxIndexBytes: number = 32 * 1024 * 1024;

/** Times a change starts again because another process took the lock over; a second time means clocks or disk are broken. */
const maxAttempts = 3;

export interface IndexFilePaths {
  readonly index: string;
  readonly lock: string;
  readonly incoming: string;
}

/**
 * Milliseconds for which a replaced file is read again at every look: file times are as coarse as the kernel's tick, and a second
 * replacement within one may reuse inode and size.
 */
const settleMs = 100;

interface Stamp {
  readonly text: string;
  readonly settled: boolean;
}

interface Snapshot {
  readonly stamp: Stamp;
  readonly index: LayoutIndex;
}

/** index.json of a layout: read without a lock, replaced as a whole, by one process at a time. */
export class IndexFile implements IndexBook {
  readonly #paths: IndexFilePaths;
  readonly #limits: LockLimits;
  readonly #queue = serialQueue();
  #snapshot: Snapshot | undefined;

  constructor(paths: IndexFilePaths, limits: LockLimits) {
    this.#paths = paths;
    this.#limits = limits;
  }

  async read(): Promise<LayoutIndex> {
    const stamp = await this.#stamp();
    const known = this.#snapshot;
    if (known?.stamp.settled && known.stamp.text === stamp.text) return known.index;
    const index = parseLayoutIndex(await this.#content(), this.#paths.index);
    // The file may have been replaced between the two looks: the older stamp then makes the next reader look again.
    this.#snapshot = { stamp, index };
    return index;
  }

  /** A layout without its index cannot be asked: that must not sound like a name that nothing bears. */
  async #content(): Promise<Uint8Array> {
    const path = this.#paths.index;
    try {
      return await readAll(readFileChunks(path, path), maxIndexBytes, path);
    } catch (cause) {
      if (!(cause instanceof OciError && cause.code === 'not-found')) throw cause;
      throw new OciError('invalid', path, 'expected the index of an image layout, got nothing', { cause });
    }
  }

  update(change: (index: LayoutIndex) => Promise<IndexChange>, signal?: AbortSignal): Promise<void> {
    return this.#queue(async () => {
      for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
        signal?.throwIfAborted();
        if (await this.#attempt(change, signal)) return;
      }
      throw new OciError(
        'timeout',
        this.#paths.lock,
        `lost the lock to another process ${maxAttempts} times`,
      );
    }, signal);
  }

  /** Writes an empty index where there is none. */
  async create(): Promise<void> {
    await this.#queue(async () => {
      const lock = await takeLock(this.#paths.lock, this.#limits);
      try {
        if ((await this.#stamp()).text === absent) await this.#replace(emptyLayoutIndex);
      } finally {
        await lock.release();
      }
    });
  }

  async #attempt(
    change: (index: LayoutIndex) => Promise<IndexChange>,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const lock = await takeLock(this.#paths.lock, this.#limits, signal);
    try {
      const current = await this.read();
      const { index, after } = await change(current);
      if (!(await lock.isHeld())) return false;
      if (index !== current) await this.#replace(index);
      await after?.();
      return true;
    } finally {
      await lock.release();
    }
  }

  async #replace(index: LayoutIndex): Promise<void> {
    const content = serializeLayoutIndex(index);
    if (content.byteLength > maxIndexBytes) {
      throw new OciError(
        'too-large',
        this.#paths.index,
        `expected at most ${maxIndexBytes} bytes, got ${content.byteLength}`,
      );
    }
    const file = await TempFile.create(this.#paths.incoming);
    try {
      await file.append(content);
      await file.moveTo(this.#paths.index);
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /** Changes whenever the file is replaced. */
  async #stamp(): Promise<Stamp> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(this.#paths.index, { bigint: true });
      const age = Date.now() - Number(ctimeNs / 1_000_000n);
      return { text: `${ino} ${size} ${mtimeNs} ${ctimeNs}`, settled: age > settleMs };
    } catch (error) {
      if (isAbsence(error)) return { text: absent, settled: false };
      throw error;
    }
  }
}

const absent = 'absent';
