import compare from 'semver/functions/compare.js';
import { rfc3339 } from '../core/index.ts';

/** By what revisions are told older from newer: a signed number, the version in the tag, or the proven time of the signature. */
export type FloorOrder = 'sequence' | 'semver' | 'signedTime';

/** Where one artifact stands in an order. */
export interface FloorMark {
  /** A sequence number, a version, or milliseconds since the epoch. */
  readonly value: number | string;
  /** Of the manifest. Absent where an operator named a value alone: whichever artifact comes first with it is the one. */
  readonly digest?: string;
}

/** The lowest revision that a site still takes from one stream of one repository, by one order. */
export interface Floor extends FloorMark {
  /** One spelling of `HOST/REPOSITORY`, or the path of a layout. */
  readonly repository: string;
  /** Empty where the artifacts name none. */
  readonly stream: string;
  readonly order: FloorOrder;
  /** Of `signedTime` alone, as in `Signer.policy`: each policy counts other signatures, made at other times. The other orders are stated by the artifact. */
  readonly policy?: string;
  /** Counts the authorised steps back: of two floors the one with more of them is the later one, whatever its value. */
  readonly epoch: number;
  /** `namespace/name` of the sources that follow it: they follow no other stream of the repository. */
  readonly sources: readonly string[];
  /** What was the floor before, newest first. */
  readonly superseded: readonly FloorMark[];
  /** Digests that a signed statement took back: never again. And the places that one led back from, which no other leads back from by its value. */
  readonly withdrawn: readonly string[];
  /** Milliseconds since the epoch: when it came to be. */
  readonly at: number;
}

export type FloorName = Pick<Floor, 'repository' | 'stream' | 'order' | 'policy'>;

/** One text for each stream of each repository in each order, and for each policy where it is the policy that sets it. */
export function floorKey({ repository, stream, order, policy }: FloorName): string {
  return JSON.stringify([repository, stream, order, ...(policy === undefined ? [] : [policy])]);
}

/** Below zero when `a` is older than `b`; zero when the order does not tell them apart. Versions by https://semver.org/#spec-item-11 */
export function compareMarks(order: FloorOrder, a: FloorMark, b: FloorMark): number {
  return order === 'semver' ? compare(String(a.value), String(b.value)) : Number(a.value) - Number(b.value);
}

/** A mark for messages. */
export function describeMark(order: FloorOrder, { value, digest }: FloorMark): string {
  const names = { sequence: 'sequence', semver: 'version', signedTime: 'signed' } as const;
  const text = order === 'signedTime' ? rfc3339(Number(value)) : String(value);
  return `${names[order]} ${text}${digest === undefined ? '' : ` (${digest})`}`;
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])];
}

/** What two memories of the same floor amount to: the later one, and whatever either of them says was taken back. */
export function higherFloor(a: Floor, b: Floor): Floor {
  const ahead = a.epoch - b.epoch || compareMarks(a.order, a, b) || a.at - b.at;
  const later = ahead >= 0 ? a : b;
  return {
    ...later,
    sources: union(a.sources, b.sources),
    withdrawn: union(a.withdrawn, b.withdrawn),
  };
}
