import type { DatabaseSync } from 'node:sqlite';
import type { Trace, Traces } from '../../api/index.ts';
import { derived } from './derived.ts';
import { onDisk } from './on-disk.ts';
import { Statements } from './statements.ts';

/** A row for each object that was written, whatever it holds. */
export const traceTable = `
  CREATE TABLE IF NOT EXISTS trace (
    target TEXT NOT NULL, id TEXT NOT NULL, desired TEXT NOT NULL, uid TEXT NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY (target, id)
  ) STRICT, WITHOUT ROWID;
`;

/** The traces of one target, on disk. None is held in memory: a site has as many as it has objects. */
export class SqliteTraces implements Traces {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #path: string;
  readonly #target: string;

  constructor(database: DatabaseSync, path: string, target: string) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#path = path;
    this.#target = target;
  }

  find(id: string): Trace | undefined {
    const query = 'SELECT desired, uid, entry FROM trace WHERE target = ? AND id = ?';
    const row = onDisk(this.#path, () => this.#statements.of(query).get(this.#target, id));
    return row && { desired: String(row.desired), uid: String(row.uid), entry: String(row.entry) };
  }

  save(id: string, { desired, uid, entry }: Trace): void {
    const insert = 'INSERT OR REPLACE INTO trace (target, id, desired, uid, entry) VALUES (?, ?, ?, ?, ?)';
    this.#write(() => this.#statements.of(insert).run(this.#target, id, desired, uid, entry));
  }

  remove(id: string): void {
    this.#write(() =>
      this.#statements.of('DELETE FROM trace WHERE target = ? AND id = ?').run(this.#target, id),
    );
  }

  #write(work: () => void): void {
    onDisk(this.#path, () => derived(this.#database, work));
  }
}
