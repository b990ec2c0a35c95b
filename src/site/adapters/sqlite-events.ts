import type { DatabaseSync } from 'node:sqlite';
import type { EventLog } from '../../api/index.ts';
import type { SealiftEvent } from '../../core/index.ts';
import { onDisk } from './on-disk.ts';

/** Events kept for `sealift events`. */
const keptEvents = 1_000;

export const eventTable = `
  CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

/** The newest events, on disk. */
export class SqliteEvents implements EventLog {
  readonly #database: DatabaseSync;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  append(event: SealiftEvent): void {
    this.#atOnce(() => {
      const { lastInsertRowid } = this.#database
        .prepare('INSERT INTO event (body) VALUES (?)')
        .run(JSON.stringify(event));
      this.#database.prepare('DELETE FROM event WHERE id <= ?').run(Number(lastInsertRowid) - keptEvents);
    });
  }

  newest(limit: number): readonly SealiftEvent[] {
    const rows = this.#database.prepare('SELECT body FROM event ORDER BY id DESC LIMIT ?').all(limit);
    return rows.map((row) => JSON.parse(String(row.body)) as SealiftEvent).reverse();
  }

  /** Several statements as one write: all or none of them, with one sync of the disk. */
  #atOnce(work: () => void): void {
    onDisk(this.#path, () => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        work();
        this.#database.exec('COMMIT');
      } catch (thrown) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw thrown;
      }
    });
  }
}
