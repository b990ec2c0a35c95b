/** Repairs of the same difference within the window below that make a fight: the last of them still goes through. */
const maxRounds = 5;

/** Repairs of the same fields, whatever was written into them each time: a person gets tired before, a clock or a counter does not. */
const maxTouches = 20;

/** Milliseconds. Two controllers answer each other within seconds, the slow ones within 15; a person does not write the same thing so often. */
const windowMs = 2 * 60_000;

/** Milliseconds that an object is left alone at first; twice as long each time that the fight goes on. */
const minRestMs = 60_000;

/** The longest rest: an hour later at most it is seen that the other one has given up. */
const maxRestMs = 60 * 60_000;

/** What is known of repairs of one object. Times are milliseconds of the monotonic clock. */
export interface FightState {
  /** What differed: the same in each round of a fight. */
  readonly difference: string;
  /** When it was repaired, within the window. */
  readonly rounds: readonly number[];
  /** Which fields differed, whatever stood in them. */
  readonly place: string;
  /** When they were repaired, within the window. */
  readonly touches: readonly number[];
  /** How often it was left alone; 0 while there is no fight. */
  readonly level: number;
  /** Until when it is left alone. */
  readonly restUntil: number;
}

/** One more repair. */
export interface Repair {
  readonly difference: string;
  readonly place: string;
  readonly at: number;
}

export function afterRepair(before: FightState | undefined, { difference, place, at }: Repair): FightState {
  const isGoingOn = before !== undefined && isFight(before, at);
  const rounds = isGoingOn ? [] : lately(before?.difference === difference ? before.rounds : [], at);
  const touches = isGoingOn ? [] : lately(before?.place === place ? before.touches : [], at);
  if (!isGoingOn && rounds.length < maxRounds && touches.length < maxTouches)
    return { difference, rounds, place, touches, level: 0, restUntil: 0 };
  const level = isGoingOn ? before.level + 1 : 1;
  return { difference, rounds: [], place, touches: [], level, restUntil: at + restMs(level) };
}

function lately(moments: readonly number[], at: number): number[] {
  return [...moments.filter((moment) => moment > at - windowMs), at];
}

/** Whether the object is to be left alone. */
export function isResting({ level, restUntil }: FightState, now: number): boolean {
  return level > 0 && now < restUntil;
}

/** A fight is over when the object has needed no repair for as long again as it was left alone. */
export function isFight({ level, restUntil }: FightState, now: number): boolean {
  return level > 0 && now < restUntil + restMs(level);
}

/** When something changes by time alone; `undefined` without a fight. */
export function nextMoment(state: FightState, now: number): number | undefined {
  if (!isFight(state, now)) return undefined;
  return isResting(state, now) ? state.restUntil : state.restUntil + restMs(state.level);
}

/** Whether nothing of it matters any more. */
export function isOver(state: FightState, now: number): boolean {
  const isRecent = state.touches.some((round) => round > now - windowMs);
  return !isFight(state, now) && !isRecent;
}

function restMs(level: number): number {
  return Math.min(minRestMs * 2 ** (level - 1), maxRestMs);
}
