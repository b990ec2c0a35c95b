import type { TimeBound } from '../core/index.ts';
import type { Floor } from './floor.ts';

/** The floors of a site, kept in two places. Each call sees what another process has written, and is on disk when it returns. */
export interface Floors {
  all(): readonly Floor[];
  /** Those of one repository, in the spelling that floors have. */
  of(repository: string): readonly Floor[];
  save(floor: Floor): void;
  /** Its absence is success. */
  remove(floor: Floor): void;
}

/** What a site knows of the time, across restarts. */
export interface TimeMemory {
  /** `undefined` before the first `save`. */
  find(): TimeBound | undefined;
  save(bound: TimeBound): void;
}
