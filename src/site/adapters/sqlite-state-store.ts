import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DeliveryRecord, SourceRecord, StateStore, Traces } from '../../api/index.ts';
import { makePath, SealiftError } from '../../core/index.ts';
import { FloorCopy } from './floor-copy.ts';
import { isThere } from './is-there.ts';
import { onDisk } from './on-disk.ts';
import { eventTable, SqliteEvents } from './sqlite-events.ts';
import { SqliteFloors } from './sqlite-floors.ts';
import { recordTable, SqliteRecords } from './sqlite-records.ts';
import { SqliteTraces, traceTable } from './sqlite-traces.ts';

/** Version of the tables; a database of another one is refused, never guessed at. */
const schemaVersion = 1;

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

/** A command may write while the agent does; either waits this long for the other. Milliseconds: one write takes a few. */
const busyTimeoutMs = 5_000;

/** SQLite would take 2 MiB. Records are in memory anyway, and what else is read, a few rows at a time, the system keeps. */
const cacheKiB = 512;

/** A state store and the way to let go of it. */
export interface OpenStateStore extends StateStore {
  /** What was amiss with the floors of the site when it was opened, in words: a copy was lost, damaged, or older than the other. */
  readonly faults: readonly string[];
  /** What is remembered of the objects in one target, by a name of it that stays. */
  traces(target: string): Traces;
  close(): void;
}

interface Opened {
  readonly database: DatabaseSync;
  readonly directory: string;
  readonly path: string;
  readonly lock?: DatabaseSync;
}

function stateStoreOver({ database, directory, path, lock }: Opened): OpenStateStore {
  const floors = new SqliteFloors(database, path, new FloorCopy(join(directory, 'floors')));
  return {
    sources: new SqliteRecords<SourceRecord>(database, path, 'OCIRepository'),
    deliveries: new SqliteRecords<DeliveryRecord>(database, path, 'Kustomization'),
    events: new SqliteEvents(database, path),
    floors,
    time: floors.time,
    faults: lock === undefined ? [] : floors.unite(),
    traces: (target) => new SqliteTraces(database, path, target),
    close() {
      database.close();
      lock?.close();
    },
  };
}

/**
 * Opens the state of the agent for writing; every write is on disk when it returns (WAL, full sync). Floors that one of their two places
 * has forgotten are taken from the other.
 * @throws SealiftError STATE_UNUSABLE when another agent holds it or the file is of another version, DISK_FAILED.
 */
export function openStateStore(directory: string): OpenStateStore {
  const path = join(directory, 'state.db');
  onDisk(directory, () => makePath(directory, { mkdirSync, statSync }, 0o700));
  const lock = onDisk(directory, () => takeLock(directory));
  return onDisk(path, () => {
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    checkVersion(database, path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(`PRAGMA cache_size = -${cacheKiB};`);
    database.exec(`${recordTable} ${eventTable} ${traceTable} PRAGMA user_version = ${schemaVersion};`);
    return stateStoreOver({ database, directory, path, lock });
  });
}

/** @throws SealiftError STATE_NOT_FOUND, STATE_UNUSABLE when it is of another version. */
function openExisting(directory: string, readOnly: boolean): OpenStateStore {
  const path = join(directory, 'state.db');
  if (!onDisk(path, () => isThere(path))) {
    throw new SealiftError('STATE_NOT_FOUND', path, 'no state here');
  }
  return onDisk(path, () => {
    const database = new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs });
    checkVersion(database, path);
    return stateStoreOver({ database, directory, path });
  });
}

/**
 * Opens the state for reading, beside a running agent or after it.
 * @throws SealiftError STATE_NOT_FOUND, STATE_UNUSABLE when it is of another version.
 */
export function readStateStore(directory: string): OpenStateStore {
  return openExisting(directory, true);
}

/**
 * Opens floors and events for writing, beside a running agent or after it; sources and deliveries are the agent's, and only read.
 * @throws SealiftError STATE_NOT_FOUND, STATE_UNUSABLE when it is of another version.
 */
export function openFloors(
  directory: string,
): Pick<OpenStateStore, 'sources' | 'events' | 'floors' | 'time' | 'close'> {
  return openExisting(directory, false);
}
