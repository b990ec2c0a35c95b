/**
 * What a site knows of the time for certain. Clocks of small sites are set wrongly, forget the time without power, and can be set back to make
 * what has expired look valid; a bound that went up with a clock that was wrong would be as bad.
 */
export interface TimeBound {
  /** Milliseconds since the epoch: it is not earlier than this. Only grows. */
  readonly bound: number;
  /** Of the clock at the last reading, in milliseconds since the epoch. */
  readonly wall: number;
  /** Of the monotonic clock of the machine at the last reading, in milliseconds; less than before after a restart. */
  readonly machine: number;
  /** Milliseconds for which the clock has gone no other way than time itself. */
  readonly steadyMs: number;
}

/** A clock and a counter of the machine, read together. */
export interface ClockReading {
  readonly wall: number;
  readonly machine: number;
}

/** A clock may differ by this much from a proven time, or from the machine's counter, in milliseconds: no NTP correction is larger. */
const skewMs = 5 * 60_000;

/** A clock that has been steady for this long is believed, whatever it said before. Milliseconds: a wrong clock is seen within a day. */
const believedAfterMs = 24 * 60 * 60_000;

/** Nothing is known yet. */
export function firstTimeBound({ wall, machine }: ClockReading): TimeBound {
  return { bound: 0, wall, machine, steadyMs: 0 };
}

/** The time that decisions rest on: the later of the clock and the bound. Milliseconds since the epoch. */
export function trustedNow({ bound }: Pick<TimeBound, 'bound'>, wall: number): number {
  return Math.max(bound, wall);
}

/** True when the clock is behind what is certain, by more than clocks differ. */
export function isClockBehind({ bound }: Pick<TimeBound, 'bound'>, wall: number): boolean {
  return wall < bound - skewMs;
}

/**
 * The bound after another reading of the clock. It ages with the time that the machine itself saw pass, so that setting the clock forward
 * moves it no further, and takes the clock's word once that has been steady for a day.
 */
export function afterReading(before: TimeBound, { wall, machine }: ClockReading): TimeBound {
  // A counter that is lower began again with the machine: at least so much has passed since.
  const passed = machine >= before.machine ? machine - before.machine : machine;
  const isSteady = Math.abs(wall - before.wall - passed) <= skewMs;
  const steadyMs = isSteady ? before.steadyMs + passed : 0;
  const aged = before.bound === 0 ? 0 : Math.min(wall, before.bound + passed);
  const believed = steadyMs >= believedAfterMs ? wall : aged;
  return { bound: Math.max(before.bound, believed), wall, machine, steadyMs };
}

/** The bound after times were proven by verified evidence, in milliseconds since the epoch: none of them moves it past the clock and its skew. */
export function afterProof(before: TimeBound, times: readonly number[], wall: number): TimeBound {
  const proven = times.map((at) => Math.min(at, wall + skewMs));
  const bound = proven.reduce((highest, at) => Math.max(highest, at), before.bound);
  return bound === before.bound ? before : { ...before, bound };
}
