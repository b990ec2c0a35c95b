import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Statements of one database, each read once: reading one takes several times as long as running it. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #known = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** `sql` is a text of ours; what comes from outside is a parameter of the statement. */
  of(sql: string): StatementSync {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#known.set(sql, statement);
    return statement;
  }
}
