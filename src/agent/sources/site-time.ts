import type { TimeMemory } from '../../api/index.ts';
import {
  afterProof,
  afterReading,
  type Clock,
  firstTimeBound,
  isClockBehind,
  type TimeBound,
  trustedNow,
} from '../../core/index.ts';

/** Milliseconds between two writes while the clock goes as it should: a crash loses no more of what the machine saw pass. */
const keptEveryMs = 60 * 60_000;

interface SiteTimeDeps {
  readonly clock: Clock;
  readonly memory: TimeMemory;
  /** Told once that the clock is behind what is certain, until it is not any more. Milliseconds since the epoch. */
  readonly behind: (moments: { readonly clock: number; readonly bound: number }) => void;
}

/** The time that decisions rest on: that of the clock, and never before what the site knows for certain. */
export class SiteTime {
  readonly #deps: SiteTimeDeps;
  #isTold = false;

  constructor(deps: SiteTimeDeps) {
    this.#deps = deps;
  }

  /** Milliseconds since the epoch. @throws SealiftError DISK_FAILED. */
  now(): number {
    const { clock, memory } = this.#deps;
    const reading = { wall: clock.now(), machine: clock.monotonic() };
    const before = memory.find();
    const bound = before === undefined ? firstTimeBound(reading) : afterReading(before, reading);
    if (before === undefined || isWorthKeeping(before, bound)) memory.save(bound);
    this.#tell(bound, reading.wall);
    return trustedNow(bound, reading.wall);
  }

  /** Takes times that verified evidence proves, in milliseconds since the epoch. @throws SealiftError DISK_FAILED. */
  learn(times: readonly number[]): void {
    const { clock, memory } = this.#deps;
    const before = memory.find();
    if (before === undefined) return;
    const bound = afterProof(before, times, clock.now());
    if (bound !== before) memory.save(bound);
  }

  #tell(bound: TimeBound, wall: number): void {
    const isBehind = isClockBehind(bound, wall);
    if (isBehind && !this.#isTold) this.#deps.behind({ clock: wall, bound: bound.bound });
    this.#isTold = isBehind;
  }
}

/** An hour has passed, the machine has started anew, or the clock went another way than time. */
function isWorthKeeping(before: TimeBound, { machine, steadyMs }: TimeBound): boolean {
  const passed = machine - before.machine;
  const hasJumped = passed > 0 && steadyMs === 0;
  return passed < 0 || passed >= keptEveryMs || hasJumped || steadyMs < before.steadyMs;
}
