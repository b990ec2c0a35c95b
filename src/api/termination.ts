import type { ClockReading } from '../core/index.ts';

/** How long a delivery that left the configuration waits for its objects to be gone. */
export interface Termination {
  readonly timeoutMs: number;
  /** When the waiting began. Absent: it has not. */
  readonly since?: ClockReading;
}
