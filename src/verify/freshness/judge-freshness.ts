import { type Floor, floorKey, freshnessAnnotations } from '../../api/index.ts';
import { quoted } from '../evidence/refused.ts';
import { isInstant } from './annotation.ts';
import { addressedTo } from './audience.ts';
import { inTime } from './expiry.ts';
import { judgeOrder } from './judge-order.ts';
import { firstFloor, loweredFloor, raisedFloor } from './next-floor.ts';
import { placeOf } from './place.ts';
import type { FreshnessRule, JudgedRevision, Stale } from './rule.ts';
import { stale } from './rule.ts';
import { knownTimes } from './signing-time.ts';

/** What a site remembers, and when it is asked. */
export interface FreshnessMemory {
  /** One spelling of the repository, the same for each of its spellings. */
  readonly repository: string;
  /** Who asks, as in `Signer.policy`. */
  readonly policy: string;
  /** `namespace/name`. */
  readonly source: string;
  /** Of this repository, and no other. */
  readonly floors: readonly Floor[];
  /** Milliseconds since the epoch: the later of the clock and the site's lower bound of time. */
  readonly now: number;
  /** Names under which the site itself is known, besides those of the policy. */
  readonly site?: string | undefined;
}

export interface Fresh {
  readonly kind: 'fresh';
  /** To be on disk before the artifact is used. The same object as in the memory where nothing moved; absent where no floor is kept. */
  readonly floor?: Floor;
  /** The floor was above the artifact, and a signed statement let the site go back from there. */
  readonly steppedBackFrom?: Floor;
  /** Milliseconds since the epoch: from then on it is not fresh any more. */
  readonly until?: number;
  /** Moments that the signatures prove or state, in milliseconds since the epoch. */
  readonly times: readonly number[];
}

/**
 * Whether an artifact whose signatures were found good is still meant, meant for this site, and not older than what the site has seen.
 * Pure, and never throws: annotations are text of whoever signed.
 */
export function judgeFreshness(
  rule: FreshnessRule,
  given: JudgedRevision,
  memory: FreshnessMemory,
): Fresh | Stale {
  const addressed = addressedTo(namesOf(rule, memory), given);
  if (addressed.kind === 'stale') return addressed;
  const revision = { ...given, signatures: addressed.signatures };
  const times = revision.signatures.flatMap(knownTimes);
  const ordered = inOrder(rule, revision, memory);
  if (ordered.kind === 'stale') return ordered;
  const timely = inTime(rule, revision, memory.now);
  if (timely.kind === 'stale') return timely;
  return { ...ordered, times, ...(isInstant(timely.until) ? { until: timely.until } : {}) };
}

function namesOf({ audience }: FreshnessRule, { site }: FreshnessMemory): readonly string[] | undefined {
  if (audience === undefined) return undefined;
  return site === undefined ? audience : [...audience, site];
}

/** Longer names of streams are nobody's: they are kept, one by one, for good. */
const maxStreamLength = 253;

type Ordered = Pick<Fresh, 'kind' | 'floor' | 'steppedBackFrom'>;

function inOrder(
  { order, maxJump }: FreshnessRule,
  revision: JudgedRevision,
  memory: FreshnessMemory,
): Ordered | Stale {
  if (order === 'none') return { kind: 'fresh' };
  const { repository, policy, source, floors, now } = memory;
  const stream = revision.annotations[freshnessAnnotations.stream] ?? '';
  if (stream.length > maxStreamLength) {
    const detail = `expected a stream of at most ${maxStreamLength} characters, got ${stream.length}`;
    return stale('REVISION_UNORDERED', detail);
  }
  const name = { repository, stream, order, ...(order === 'signedTime' ? { policy } : {}) };
  const followed = floors.find((floor) => floor.order === order && floor.sources.includes(source));
  if (followed !== undefined && followed.stream !== stream) return otherStream(followed, stream);
  const placed = placeOf(order, revision, now);
  if (placed.kind === 'stale') return placed;
  const { mark } = placed;
  const floor = floors.find((one) => floorKey(one) === floorKey(name));
  const move = { source, at: now };
  if (floor === undefined) return { kind: 'fresh', floor: firstFloor(name, mark, move) };
  const answer = judgeOrder({ order, maxJump, floor, mark, revision });
  if (answer.kind === 'stale') return withOtherSource(answer, floor, source);
  if (answer.kind !== 'back') return { kind: 'fresh', floor: raisedFloor(floor, mark, move) };
  const lowered = loweredFloor(floor, mark, { ...move, isStated: true });
  return { kind: 'fresh', floor: lowered, steppedBackFrom: floor };
}

/** Two lines of releases in one repository without streams look like a rollback to one of them. */
function withOtherSource(refused: Stale, { sources }: Floor, source: string): Stale {
  if (sources.includes(source)) return refused;
  const note = `the floor is that of ${sources.join(', ')}: where several lines of releases share a repository, each needs its ${freshnessAnnotations.stream}`;
  return { ...refused, detail: `${refused.detail}; ${note}` };
}

function otherStream({ stream }: Floor, got: string): Stale {
  const name = (text: string): string => (text === '' ? 'none' : quoted(text));
  const detail = `expected an artifact of the stream that this source follows, ${name(stream)}, got one of ${name(got)}`;
  return stale('REVISION_OTHER_STREAM', detail);
}
