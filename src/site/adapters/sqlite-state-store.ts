import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DeliveryRecord, SourceRecord, StateStore } from '../../api/index.ts';
import { asSealiftError, SealiftError, type SealiftEvent } from '../../core/index.ts';

/** Events kept for `sealift events` and `sealift history`. */
const keptEvents = 1_000;

/** Version of the tables; a database of another one is refused, never guessed at. */
const schemaVersion = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

type RecordKind = 'OCIRepository' | 'Kustomization';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

const keyOf = ({ namespace, name }: Named): string => `${namespace}/${name}`;

/** A durable write; a full disk or a broken file comes out as DISK_FAILED. */
function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  }
}

/** The state of a site in SQLite. Records are small and all held in memory; the file is read once. */
class SqliteStateStore implements StateStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #lock: DatabaseSync | undefined;
  readonly #sources = new Map<string, SourceRecord>();
  readonly #deliveries = new Map<string, DeliveryRecord>();

  constructor(database: DatabaseSync, path: string, lock: DatabaseSync | undefined) {
    this.#database = database;
    this.#path = path;
    this.#lock = lock;
    for (const record of this.#load<SourceRecord>('OCIRepository')) this.#sources.set(keyOf(record), record);
    for (const record of this.#load<DeliveryRecord>('Kustomization'))
      this.#deliveries.set(keyOf(record), record);
  }

  sources(): readonly SourceRecord[] {
    return [...this.#sources.values()];
  }

  deliveries(): readonly DeliveryRecord[] {
    return [...this.#deliveries.values()];
  }

  saveSource(record: SourceRecord): void {
    this.#save('OCIRepository', record);
    this.#sources.set(keyOf(record), record);
  }

  saveDelivery(record: DeliveryRecord): void {
    this.#save('Kustomization', record);
    this.#deliveries.set(keyOf(record), record);
  }

  removeSource(namespace: string, name: string): void {
    this.#remove('OCIRepository', { namespace, name });
    this.#sources.delete(keyOf({ namespace, name }));
  }

  removeDelivery(namespace: string, name: string): void {
    this.#remove('Kustomization', { namespace, name });
    this.#deliveries.delete(keyOf({ namespace, name }));
  }

  appendEvent(event: SealiftEvent): void {
    this.#atOnce(() => {
      const { lastInsertRowid } = this.#database
        .prepare('INSERT INTO event (body) VALUES (?)')
        .run(JSON.stringify(event));
      this.#database.prepare('DELETE FROM event WHERE id <= ?').run(Number(lastInsertRowid) - keptEvents);
    });
  }

  events(limit: number): readonly SealiftEvent[] {
    const rows = this.#database.prepare('SELECT body FROM event ORDER BY id DESC LIMIT ?').all(limit);
    return rows.map((row) => JSON.parse(String(row.body)) as SealiftEvent).reverse();
  }

  close(): void {
    this.#database.close();
    this.#lock?.close();
  }

  #load<T>(kind: RecordKind): readonly T[] {
    const rows = this.#database
      .prepare('SELECT body FROM record WHERE kind = ? ORDER BY namespace, name')
      .all(kind);
    return rows.map((row) => JSON.parse(String(row.body)) as T);
  }

  #save(kind: RecordKind, record: Named): void {
    const { namespace, name } = record;
    const body = JSON.stringify(record);
    onDisk(this.#path, () =>
      this.#database
        .prepare('INSERT OR REPLACE INTO record (kind, namespace, name, body) VALUES (?, ?, ?, ?)')
        .run(kind, namespace, name, body),
    );
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

  #remove(kind: RecordKind, { namespace, name }: Named): void {
    onDisk(this.#path, () =>
      this.#database
        .prepare('DELETE FROM record WHERE kind = ? AND namespace = ? AND name = ?')
        .run(kind, namespace, name),
    );
  }
}

/** https://sqlite.org/rescode.html#busy */
function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && 'errcode' in thrown && thrown.errcode === 5;
}

/** Held for the life of the process and given up by the kernel when it dies, however it dies. */
function takeLock(directory: string): DatabaseSync {
  const lock = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    throw new SealiftError('STATE_UNUSABLE', directory, 'another agent uses this state directory', { cause });
  }
}

function checkVersion(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version !== 0 && version !== schemaVersion) {
    throw new SealiftError(
      'STATE_UNUSABLE',
      path,
      `expected state of version ${schemaVersion}, got ${version}`,
    );
  }
}

/** A state store and the way to let go of it. */
export interface OpenStateStore extends StateStore {
  close(): void;
}

/**
 * Opens the state of the agent for writing; every write is on disk when it returns (WAL, full sync).
 * @throws SealiftError STATE_UNUSABLE when another agent holds it or the file is of another version, DISK_FAILED.
 */
export function openStateStore(directory: string): OpenStateStore {
  const path = join(directory, 'state.db');
  onDisk(directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  const lock = onDisk(directory, () => takeLock(directory));
  return onDisk(path, () => {
    const database = new DatabaseSync(path);
    checkVersion(database, path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(schema);
    return new SqliteStateStore(database, path, lock);
  });
}

/**
 * Opens the state for reading, beside a running agent or after it.
 * @throws SealiftError DISK_FAILED when there is none, STATE_UNUSABLE when it is of another version.
 */
export function readStateStore(directory: string): OpenStateStore {
  const path = join(directory, 'state.db');
  if (!existsSync(path)) {
    throw new SealiftError(
      'DISK_FAILED',
      path,
      'no state here; expected the --state-dir of an agent that has run',
    );
  }
  return onDisk(path, () => {
    const database = new DatabaseSync(path, { readOnly: true });
    checkVersion(database, path);
    return new SqliteStateStore(database, path, undefined);
  });
}
