import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { type Floor, type Floors, floorKey, type TimeMemory } from '../../api/index.ts';
import { asSealiftError, type TimeBound } from '../../core/index.ts';
import { type FloorMemory, isSameMemory, memoryText, unitedMemory } from '../floor-memory.ts';
import { parseFloorMemory } from '../parse-floor-memory.ts';
import { writeDurably } from './durable-file.ts';
import { onDisk } from './on-disk.ts';

const floorKind = 'Floor';
const timeKind = 'TimeBound';

/**
 * Floors and time in the table of records and, whole, in a file beside the database: a database that was lost, cut off or put back from an
 * older copy takes no floor away. Nothing is held in memory, since commands write beside the agent.
 */
export class SqliteFloors implements Floors {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #copy: string;
  readonly time: TimeMemory;

  constructor(database: DatabaseSync, paths: { readonly database: string; readonly copy: string }) {
    this.#database = database;
    this.#path = paths.database;
    this.#copy = paths.copy;
    this.time = { find: () => this.#time(), save: (bound) => this.#saveTime(bound) };
  }

  all(): readonly Floor[] {
    return this.#bodies(floorKind) as readonly Floor[];
  }

  save(floor: Floor): void {
    this.#put([floorKind, floorKey(floor)], floor);
    this.#writeCopy();
  }

  remove(floor: Floor): void {
    onDisk(this.#path, () =>
      this.#database
        .prepare("DELETE FROM record WHERE kind = ? AND namespace = '' AND name = ?")
        .run(floorKind, floorKey(floor)),
    );
    this.#writeCopy();
  }

  /** Makes both places say the same: the most that either knows. Gives back what was amiss, in words. */
  unite(): readonly string[] {
    const own = this.#memory();
    const { memory: copied, fault } = this.#readCopy();
    const united = unitedMemory(own, copied ?? { floors: [] });
    const faults = fault === undefined ? [] : [`${fault}; it is written again`];
    if (!isSameMemory(united, own)) {
      this.#take(united);
      faults.push(
        `${this.#path}: knew less of floors or time than ${this.#copy}; the higher of each is in force`,
      );
    }
    if (fault === undefined && copied === undefined && !isEmpty(united))
      faults.push(`${this.#copy}: was missing; it is written again`);
    if (copied !== undefined && !isSameMemory(united, copied))
      faults.push(
        `${this.#copy}: knew less of floors or time than ${this.#path}; the higher of each is in force`,
      );
    if (faults.length > 0) this.#writeCopy();
    return faults;
  }

  #take({ floors, time }: FloorMemory): void {
    for (const floor of floors) this.#put([floorKind, floorKey(floor)], floor);
    if (time !== undefined) this.#put([timeKind, ''], time);
  }

  #memory(): FloorMemory {
    return { floors: this.all(), time: this.#time() };
  }

  #time(): TimeBound | undefined {
    return this.#bodies(timeKind)[0] as TimeBound | undefined;
  }

  #saveTime(bound: TimeBound): void {
    this.#put([timeKind, ''], bound);
    this.#writeCopy();
  }

  #bodies(kind: string): readonly unknown[] {
    return onDisk(this.#path, () =>
      this.#database
        .prepare('SELECT body FROM record WHERE kind = ? ORDER BY name')
        .all(kind)
        .map((row) => JSON.parse(String(row.body)) as unknown),
    );
  }

  #put([kind, name]: readonly [kind: string, name: string], body: unknown): void {
    onDisk(this.#path, () =>
      this.#database
        .prepare("INSERT OR REPLACE INTO record (kind, namespace, name, body) VALUES (?, '', ?, ?)")
        .run(kind, name, JSON.stringify(body)),
    );
  }

  #writeCopy(): void {
    onDisk(this.#copy, () => writeDurably(this.#copy, memoryText(this.#memory())));
  }

  /** No memory where there is no copy; with a fault where there is one that cannot be read. */
  #readCopy(): { readonly memory?: FloorMemory; readonly fault?: string } {
    try {
      return { memory: parseFloorMemory(readFileSync(this.#copy, 'utf8'), this.#copy) };
    } catch (thrown) {
      if (isAbsent(thrown)) return {};
      return { fault: asSealiftError(thrown, this.#copy, 'DISK_FAILED').message };
    }
  }
}

function isAbsent(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

function isEmpty({ floors, time }: FloorMemory): boolean {
  return floors.length === 0 && time === undefined;
}
