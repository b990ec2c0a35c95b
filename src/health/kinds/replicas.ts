import { type Health, inProgress } from '../health.ts';

/** A number that has to reach another. */
export interface Count {
  /** `available`, as in `1 of 3 replicas are available`. */
  readonly what: string;
  readonly got: number;
  readonly wanted: number;
}

/** The first count that is too low. */
export function tooFew(counts: readonly Count[], aside = ''): Health | undefined {
  const short = counts.find(({ got, wanted }) => got < wanted);
  if (short === undefined) return undefined;
  return inProgress(`${short.got} of ${short.wanted} replicas are ${short.what}${aside}`);
}

/** Replicas that are still to go. */
export function tooMany(got: number, wanted: number, aside = ''): Health | undefined {
  if (got <= wanted) return undefined;
  return inProgress(`${got - wanted} replicas more than ${wanted} have yet to end${aside}`);
}
