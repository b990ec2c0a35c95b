import { type Floor, floorKey, higherFloor } from '../api/index.ts';
import type { TimeBound } from '../core/index.ts';

/** What a site must not forget: how far its sources have come, and how late it is at least. */
export interface FloorMemory {
  readonly floors: readonly Floor[];
  readonly time?: TimeBound | undefined;
}

/**
 * What two copies of one memory amount to: every floor that either has, the higher of each, and the later bound of time. So neither
 * an older copy that was put back nor the loss of one takes anything away.
 */
export function unitedMemory(a: FloorMemory, b: FloorMemory): FloorMemory {
  const floors = new Map(a.floors.map((floor) => [floorKey(floor), floor]));
  for (const floor of b.floors) {
    const known = floors.get(floorKey(floor));
    floors.set(floorKey(floor), known === undefined ? floor : higherFloor(known, floor));
  }
  return { floors: [...floors.values()], time: laterBound(a.time, b.time) };
}

/** What of `united` a copy does not say. */
export function missingFrom(copy: FloorMemory, united: FloorMemory): FloorMemory {
  const known = new Map(copy.floors.map((floor) => [floorKey(floor), floorText(floor)]));
  const floors = united.floors.filter((floor) => known.get(floorKey(floor)) !== floorText(floor));
  const { time } = united;
  const isTimed = time === undefined || (copy.time !== undefined && timeText(copy.time) === timeText(time));
  return isTimed ? { floors } : { floors, time };
}

/** One text for one floor, whatever the order of its fields. */
export function floorText(floor: Floor): string {
  return textOf({ version: 1, floor });
}

export function timeText(time: TimeBound): string {
  return textOf({ version: 1, time });
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, withSortedFields, 2)}\n`;
}

function withSortedFields(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function laterBound(a: TimeBound | undefined, b: TimeBound | undefined): TimeBound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.bound > a.bound ? { ...a, bound: b.bound } : a;
}
