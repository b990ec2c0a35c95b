import parseVersion from 'semver/functions/parse.js';
import { compareMarks, describeMark, type Floor, type FloorMark } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { parseInstant, parseSequence } from './annotation.ts';
import { loweredFloor, raisedFloor } from './next-floor.ts';

/** What an operator orders on the spot. */
export interface OrderedMove {
  readonly direction: 'lower' | 'raise';
  /** A place in the order of the floor, or the digest of an artifact that was the floor before. */
  readonly to: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The floor after an operator moved it. @throws SealiftError USAGE for a place that is none, or lies in the other direction. */
export function movedFloor(floor: Floor, { direction, to, at }: OrderedMove): Floor {
  const mark = markOf(floor, to);
  const ahead = compareMarks(floor.order, mark, floor);
  const isRight = direction === 'lower' ? ahead <= 0 : ahead > 0;
  if (!isRight) {
    const where = direction === 'lower' ? 'at or below' : 'above';
    const detail = `expected a place ${where} the floor, which is ${describeMark(floor.order, floor)}, got ${describeMark(floor.order, mark)}`;
    throw new SealiftError('USAGE', '--to', detail);
  }
  return direction === 'lower' ? loweredFloor(floor, mark, { at }) : raisedFloor(floor, mark, { at });
}

/** At the floor's own place any artifact may come anew: somebody had published two for it. */
function markOf(floor: Floor, to: string): FloorMark {
  const known = floor.superseded.find(({ digest }) => digest === to);
  if (known !== undefined) return known;
  const value = placeIn(floor, to);
  return floor.superseded.find((mark) => compareMarks(floor.order, mark, { value }) === 0) ?? { value };
}

function placeIn({ order, superseded }: Floor, to: string): number | string {
  if (to.includes(':') && !to.includes('T')) {
    const detail = `expected a digest that was the floor before, one of ${superseded.length}, got ${to}`;
    throw new SealiftError('USAGE', '--to', detail);
  }
  const parse = {
    sequence: () => parseSequence(to),
    semver: () => parseVersion(to, { loose: true })?.version,
    signedTime: () => parseInstant(to),
  } as const;
  const value = parse[order]();
  if (value !== undefined) return value;
  const expected = {
    sequence: 'a sequence number',
    semver: 'a version',
    signedTime: 'an RFC 3339 time',
  } as const;
  throw new SealiftError('USAGE', '--to', `expected ${expected[order]}, got ${to}`);
}
