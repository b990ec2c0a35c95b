import type { DatabaseSync } from 'node:sqlite';
import { type Floor, type Floors, floorKey, type TimeMemory } from '../../api/index.ts';
import type { TimeBound } from '../../core/index.ts';
import { type FloorMemory, missingFrom, unitedMemory } from '../floor-memory.ts';
import type { FloorCopy } from './floor-copy.ts';
import { onDisk } from './on-disk.ts';
import { Statements } from './statements.ts';

const floorKind = 'Floor';
const timeKind = 'TimeBound';

/**
 * Floors and time in the table of records, and once more in a copy: a database that was lost, cut off or put back from an older one takes no
 * floor away. Nothing is held in memory, since commands write beside the agent.
 */
export class SqliteFloors implements Floors {
  readonly #statements: Statements;
  readonly #path: string;
  readonly #copy: FloorCopy;
  readonly time: TimeMemory;

  constructor(database: DatabaseSync, path: string, copy: FloorCopy) {
    this.#statements = new Statements(database);
    this.#path = path;
    this.#copy = copy;
    this.time = { find: () => this.#time(), save: (bound) => this.#saveTime(bound) };
  }

  all(): readonly Floor[] {
    return this.#bodies(
      'SELECT body FROM record WHERE kind = ? ORDER BY namespace, name',
      floorKind,
    ) as Floor[];
  }

  of(repository: string): readonly Floor[] {
    const query = 'SELECT body FROM record WHERE kind = ? AND namespace = ? ORDER BY name';
    return this.#bodies(query, floorKind, repository) as Floor[];
  }

  save(floor: Floor): void {
    this.#put(floor);
    this.#copy.save(floor);
  }

  remove(floor: Floor): void {
    onDisk(this.#path, () =>
      this.#statements
        .of('DELETE FROM record WHERE kind = ? AND namespace = ? AND name = ?')
        .run(floorKind, floor.repository, floorKey(floor)),
    );
    this.#copy.remove(floor);
  }

  /** Makes both places say the same: the most that either knows. Gives back what was amiss, in words. */
  unite(): readonly string[] {
    const own = { floors: this.all(), time: this.#time() };
    const { memory: copied, faults } = this.#copy.read();
    const united = unitedMemory(own, copied);
    const { directory } = this.#copy;
    return [
      ...faults.map((fault) => `${fault}; it is written again if anything is known of it`),
      ...this.#mend([this.#path, directory], missingFrom(own, united), (floor) => this.#put(floor)),
      ...this.#mend([directory, this.#path], missingFrom(copied, united), (floor) => this.#copy.save(floor)),
    ];
  }

  #mend(
    [place, other]: readonly [place: string, other: string],
    { floors, time }: FloorMemory,
    save: (floor: Floor) => void,
  ): readonly string[] {
    for (const floor of floors) save(floor);
    if (time !== undefined) this.#saveTime(time);
    if (floors.length === 0 && time === undefined) return [];
    const what = [
      ...(floors.length === 0 ? [] : [`${floors.length} floors`]),
      ...(time === undefined ? [] : ['the time']),
    ];
    return [`${place}: knew less than ${other} of ${what.join(' and ')}; the higher of each is in force`];
  }

  #time(): TimeBound | undefined {
    return this.#bodies('SELECT body FROM record WHERE kind = ?', timeKind)[0] as TimeBound | undefined;
  }

  #saveTime(bound: TimeBound): void {
    this.#insert([timeKind, '', ''], bound);
    this.#copy.saveTime(bound);
  }

  #put(floor: Floor): void {
    this.#insert([floorKind, floor.repository, floorKey(floor)], floor);
  }

  #bodies(query: string, ...parameters: readonly string[]): readonly unknown[] {
    return onDisk(this.#path, () =>
      this.#statements
        .of(query)
        .all(...parameters)
        .map((row) => JSON.parse(String(row.body)) as unknown),
    );
  }

  #insert(key: readonly [kind: string, namespace: string, name: string], body: unknown): void {
    onDisk(this.#path, () =>
      this.#statements
        .of('INSERT OR REPLACE INTO record (kind, namespace, name, body) VALUES (?, ?, ?, ?)')
        .run(...key, JSON.stringify(body)),
    );
  }
}
