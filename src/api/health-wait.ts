import type { ClockReading } from '../core/index.ts';

/** Since when a delivery waits for its objects, for an agent that starts meanwhile. */
export interface HealthWait {
  /** What was applied, of what spec, what is waited for, and who asked for it. */
  readonly identity: string;
  readonly since: ClockReading;
}
