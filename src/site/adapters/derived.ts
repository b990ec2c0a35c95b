import type { DatabaseSync } from 'node:sqlite';

/**
 * Writes what can be made again from the rest: without a sync, so that it is lost when the power fails before the next one. In write-ahead mode
 * the file stays whole all the same, and the next sync takes what was written along. https://sqlite.org/wal.html
 */
export function derived(database: DatabaseSync, work: () => void): void {
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    work();
  } finally {
    database.exec('PRAGMA synchronous = FULL');
  }
}
