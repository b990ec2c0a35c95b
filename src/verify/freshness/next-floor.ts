import { compareMarks, describeMark, type Floor, type FloorMark, type FloorName } from '../../api/index.ts';

/** What was the floor is remembered this long: enough to know an old artifact under a new tag. */
const maxSuperseded = 64;

/** Artifacts that were taken back are few; a publisher who takes back more has other troubles. */
const maxWithdrawn = 64;

/** How a floor remembers that it was led back from a place: a later artifact may stand there, and an old statement that names it is worth nothing. */
export function withdrawnPlace({ order, value }: Pick<Floor, 'order' | 'value'>): string {
  return describeMark(order, { value });
}

/** Who raises or lowers a floor, and when. */
export interface FloorMove {
  /** `namespace/name` of the source that follows it; absent where an operator moves it. */
  readonly source?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The first floor of a stream. */
export function firstFloor(name: FloorName, mark: FloorMark, { source, at }: Required<FloorMove>): Floor {
  return { ...name, ...mark, epoch: 0, sources: [source], superseded: [], withdrawn: [], at };
}

/** The same object where nothing is new; never a lower value. */
export function raisedFloor(floor: Floor, mark: FloorMark, { source, at }: FloorMove): Floor {
  const sources = followers(floor, source);
  const isAhead = compareMarks(floor.order, mark, floor) > 0;
  const isNew = mark.digest !== floor.digest;
  if (!isAhead && !isNew) return sources === floor.sources ? floor : { ...floor, sources };
  const superseded = isNew ? [markOf(floor), ...floor.superseded].slice(0, maxSuperseded) : floor.superseded;
  const { value: _value, digest: _digest, ...rest } = floor;
  return { ...rest, ...mark, sources, superseded, at };
}

/**
 * The floor after an authorised step back. What is above it may come again, except for what a statement took back: that would be worth
 * nothing if it returned.
 */
export function loweredFloor(
  floor: Floor,
  mark: FloorMark,
  { source, at, isStated = false }: FloorMove & { readonly isStated?: boolean },
): Floor {
  const older = floor.superseded.filter(
    (old) => old.digest !== mark.digest && compareMarks(floor.order, old, mark) < 0,
  );
  const taken = [...(floor.digest === undefined ? [] : [floor.digest]), withdrawnPlace(floor)];
  const withdrawn = isStated ? [...taken, ...floor.withdrawn].slice(0, 2 * maxWithdrawn) : floor.withdrawn;
  const { value: _value, digest: _digest, ...rest } = floor;
  return {
    ...rest,
    ...mark,
    epoch: floor.epoch + 1,
    sources: followers(floor, source),
    superseded: older,
    withdrawn: withdrawn.filter((digest) => digest !== mark.digest),
    at,
  };
}

function followers({ sources }: Floor, source: string | undefined): readonly string[] {
  return source === undefined || sources.includes(source) ? sources : [...sources, source].sort();
}

function markOf({ value, digest }: Floor): FloorMark {
  return digest === undefined ? { value } : { value, digest };
}
