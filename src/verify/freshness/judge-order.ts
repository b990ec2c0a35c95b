import {
  compareMarks,
  describeMark,
  type Floor,
  type FloorMark,
  type FloorOrder,
  freshnessAnnotations,
} from '../../api/index.ts';
import { isAgreed } from './agreement.ts';
import { withdrawnPlace } from './next-floor.ts';
import type { JudgedRevision, Stale } from './rule.ts';
import { stale } from './rule.ts';

/** What is asked of an order. */
export interface OrderQuestion {
  readonly order: FloorOrder;
  readonly maxJump?: number | undefined;
  readonly floor: Floor;
  readonly mark: Required<FloorMark>;
  readonly revision: JudgedRevision;
}

/** `back`: a signed statement lets the site go below its floor, down to the mark. */
export interface OrderAnswer {
  readonly kind: 'onward' | 'back';
}

/** Whether an artifact stands at its floor, above it, or where a signed statement lets it stand. */
export function judgeOrder(question: OrderQuestion): OrderAnswer | Stale {
  const { order, floor, mark } = question;
  const { digest } = mark;
  if (floor.withdrawn.includes(digest)) {
    const detail = `expected another artifact than one that was taken back; the floor is ${describeMark(order, floor)}`;
    return stale('REVISION_ROLLBACK', detail);
  }
  const ahead = compareMarks(order, mark, floor);
  if (floor.digest === digest) return { kind: 'onward' };
  if (ahead < 0 || floor.superseded.some((old) => old.digest === digest)) return belowFloor(question);
  if (ahead > 0) return aboveFloor(question);
  if (floor.digest === undefined) return { kind: 'onward' };
  const detail = `expected one artifact with this place in the order, got ${digest} beside the floor, ${describeMark(order, floor)}`;
  return stale('REVISION_EQUIVOCATION', detail);
}

function belowFloor({ order, floor, mark, revision }: OrderQuestion): OrderAnswer | Stale {
  if (isSentBack(floor, revision)) return { kind: 'back' };
  const detail = `expected the floor or later, which is ${describeMark(order, floor)}, got ${describeMark(order, mark)}`;
  return stale('REVISION_ROLLBACK', detail);
}

function aboveFloor({ order, floor, mark, maxJump }: OrderQuestion): OrderAnswer | Stale {
  if (maxJump === undefined) return { kind: 'onward' };
  if (Number(mark.value) - Number(floor.value) <= maxJump) return { kind: 'onward' };
  const detail = `expected a sequence at most ${maxJump} above the floor, which is ${describeMark(order, floor)}, got ${describeMark(order, mark)}`;
  return stale('REVISION_JUMP', detail);
}

/**
 * The statement names the floor it leads back from, so that it is worth nothing at any other. What the manifest states was signed by as many
 * as were asked for.
 */
function isSentBack(floor: Floor, { annotations, signatures, threshold }: JudgedRevision): boolean {
  const { value, digest, withdrawn } = floor;
  const isPlaceNew = !withdrawn.includes(withdrawnPlace(floor));
  const leadsBack = (said: Readonly<Record<string, string>>): boolean => {
    const from = said[freshnessAnnotations.stepBack];
    return from !== undefined && (from === digest || (isPlaceNew && from === String(value)));
  };
  const votes = signatures.filter((signature) => leadsBack(signature.annotations));
  return leadsBack(annotations) || isAgreed(votes, threshold);
}
