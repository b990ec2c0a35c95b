import type { DatabaseSync } from 'node:sqlite';
import type { Records } from '../../api/index.ts';
import { derived } from './derived.ts';
import { onDisk } from './on-disk.ts';
import { Statements } from './statements.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** A table of records, one kind of object beside the other. */
export const recordTable = `
  CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
  ) STRICT, WITHOUT ROWID;
`;

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** Records of one kind. They are small and all held in memory; the table is read once, and every write goes through. */
export class SqliteRecords<T extends Named> implements Records<T> {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #path: string;
  readonly #kind: string;
  readonly #records = new Map<string, T>();

  constructor(database: DatabaseSync, path: string, kind: string) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#path = path;
    this.#kind = kind;
    const rows = database
      .prepare('SELECT body FROM record WHERE kind = ? ORDER BY namespace, name')
      .all(kind);
    for (const row of rows) this.#keep(JSON.parse(String(row.body)) as T);
  }

  all(): readonly T[] {
    return [...this.#records.values()];
  }

  find(namespace: string, name: string): T | undefined {
    return this.#records.get(keyOf(namespace, name));
  }

  save(record: T): void {
    const body = JSON.stringify(record);
    onDisk(this.#path, () =>
      this.#statements
        .of('INSERT OR REPLACE INTO record (kind, namespace, name, body) VALUES (?, ?, ?, ?)')
        .run(this.#kind, record.namespace, record.name, body),
    );
    this.#keep(record);
  }

  saveDerived(record: T): void {
    onDisk(this.#path, () => derived(this.#database, () => this.save(record)));
  }

  remove(namespace: string, name: string): void {
    onDisk(this.#path, () =>
      this.#statements
        .of('DELETE FROM record WHERE kind = ? AND namespace = ? AND name = ?')
        .run(this.#kind, namespace, name),
    );
    this.#records.delete(keyOf(namespace, name));
  }

  #keep(record: T): void {
    this.#records.set(keyOf(record.namespace, record.name), record);
  }
}
