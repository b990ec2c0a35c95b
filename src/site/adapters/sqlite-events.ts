import type { DatabaseSync } from 'node:sqlite';
import type { EventLog } from '../../api/index.ts';
import type { SealiftEvent } from '../../core/index.ts';
import { derived } from './derived.ts';
import { onDisk } from './on-disk.ts';
import { Statements } from './statements.ts';

/** Events kept for `sealift events`. */
const keptEvents = 1_000;

export const eventTable = `
  CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

/** The newest events, on disk. A sync for each of a thousand objects would take longer than their writes: the next record takes them along. */
export class SqliteEvents implements EventLog {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#path = path;
  }

  append(event: SealiftEvent): void {
    this.#atOnce(() => {
      const { lastInsertRowid } = this.#statements
        .of('INSERT INTO event (body) VALUES (?)')
        .run(JSON.stringify(event));
      this.#statements.of('DELETE FROM event WHERE id <= ?').run(Number(lastInsertRowid) - keptEvents);
    });
  }

  newest(limit: number): readonly SealiftEvent[] {
    const rows = this.#statements.of('SELECT body FROM event ORDER BY id DESC LIMIT ?').all(limit);
    return rows.map((row) => JSON.parse(String(row.body)) as SealiftEvent).reverse();
  }

  /** Several statements as one write: all or none of them. */
  #atOnce(work: () => void): void {
    const write = (): void => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        work();
        this.#database.exec('COMMIT');
      } catch (thrown) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw thrown;
      }
    };
    onDisk(this.#path, () => derived(this.#database, write));
  }
}
