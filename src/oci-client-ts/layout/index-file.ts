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
import { type HeldLock, type LockLimits, takeLock } from './lock-file.ts';
import { isAbsence, readFileChunks } from './read-file.ts';
import { TempFile } from './temp-file.ts';
import { type WaitingChange, WaitingChanges } from './waiting-changes.ts';

/** Bytes of index.json: 100,000 entries with long names. The whole file is held in memory while it is changed. */
export const maxIndexBytes: number = 32 * 1024 * 1024;

/** Times a change starts again because another process took the lock over; a second time means clocks or disk are broken. */
const maxAttempts = 3;

/** Changes that are made by one replacement of the file: each may write a manifest, and others must not take the lock for left behind. */
const maxTogether = 16;

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
  readonly #waiting = new WaitingChanges();
  #isWorking = false;
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

  /** Those that come while another one is under way are made together: the file has an entry for every artifact of a site. */
  update(change: (index: LayoutIndex) => Promise<IndexChange>, signal?: AbortSignal): Promise<void> {
    const made = this.#waiting.add(change, signal);
    if (!this.#isWorking) void this.#work();
    return made;
  }

  /** Writes an empty index where there is none. */
  async create(): Promise<void> {
    const lock = await takeLock(this.#paths.lock, this.#limits);
    try {
      if ((await this.#stamp()).text === absent) await this.#replace(emptyLayoutIndex);
    } finally {
      await lock.release();
    }
  }

  /** Until nothing waits. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.size > 0) {
      const { none } = this.#waiting;
      try {
        const lock = await takeLock(this.#paths.lock, this.#limits, none);
        await this.#hold(lock);
      } catch (thrown) {
        if (!none.aborted) fail(this.#waiting.take(this.#waiting.size), thrown);
      }
    }
    this.#isWorking = false;
  }

  async #hold(lock: HeldLock): Promise<void> {
    const taken = this.#waiting.take(maxTogether);
    try {
      const { changed, left } = await this.#make(taken, lock);
      this.#waiting.giveBack(left);
      for (const change of changed) change.succeed();
    } catch (thrown) {
      fail(taken, thrown);
    }
  }

  async #make(taken: readonly WaitingChange[], lock: HeldLock): Promise<Pick<Made, 'changed' | 'left'>> {
    try {
      const before = await this.read();
      const { index, changed, left, after } = await changeOf(before, taken);
      if (!(await lock.isHeld())) return { changed: [], left: this.#unlessTooOften([...changed, ...left]) };
      if (index !== before) await this.#replace(index);
      await after?.().catch((thrown) => fail(changed.slice(-1), thrown));
      return { changed, left };
    } finally {
      await lock.release();
    }
  }

  #unlessTooOften(changes: readonly WaitingChange[]): readonly WaitingChange[] {
    const detail = `lost the lock to another process ${maxAttempts} times`;
    const isOver = ({ attempts }: WaitingChange): boolean => attempts === maxAttempts;
    fail(changes.filter(isOver), new OciError('timeout', this.#paths.lock, detail));
    return changes.filter((change) => !isOver(change));
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

function fail(changes: readonly WaitingChange[], reason: unknown): void {
  for (const change of changes) change.fail(reason);
}

interface Made {
  readonly index: LayoutIndex;
  readonly changed: readonly WaitingChange[];
  /** Not looked at. */
  readonly left: readonly WaitingChange[];
  readonly after?: IndexChange['after'];
}

/** One change after the other, up to the first that does something with the index in place; one that fails changes nothing. */
async function changeOf(before: LayoutIndex, changes: readonly WaitingChange[]): Promise<Made> {
  const changed: WaitingChange[] = [];
  let index = before;
  for (const [at, change] of changes.entries()) {
    if (change.isOver) continue;
    try {
      const made = await change.begin(index);
      changed.push(change);
      index = made.index;
      if (made.after !== undefined) return { ...made, changed, left: changes.slice(at + 1) };
    } catch (thrown) {
      change.fail(thrown);
    }
  }
  return { index, changed, left: [] };
}
