import type { Descriptor, ReadStore } from 'oci-client-ts';
import type { Refusal } from '../../api/index.ts';
import type { SealiftError } from '../../core/index.ts';
import type { Purpose, SignatureFormat, UnverifiedCandidate } from '../evidence/candidate.ts';
import { maxCandidates } from '../evidence/referrer-selection.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Read } from './checked-read.ts';

/** Something that was found. Whatever it is, it proves nothing until it is examined. */
export type Discovered =
  | { readonly kind: 'candidate'; readonly candidate: UnverifiedCandidate }
  | {
      readonly kind: 'refused';
      readonly format: SignatureFormat;
      /** What was looked for when this was found. */
      readonly purpose: Purpose;
      readonly refusal: Refusal;
    }
  | { readonly kind: 'unavailable'; readonly error: SealiftError };

export type Discovery = AsyncGenerator<Discovered, void, undefined>;

export interface DiscoveryRequest {
  readonly repository: ReadStore;
  /** The artifact's manifest. */
  readonly subject: Descriptor;
  readonly formats: ReadonlySet<SignatureFormat>;
  /** Absent: none is looked for. The types of predicate decide what is looked at first, and nothing else. */
  readonly attestations?: { readonly predicateTypes: readonly string[] };
  /** Everything is going to be looked at: what can be asked for at once is, which saves the way to the registry and back. */
  readonly exhaustive?: boolean;
}

/** A request under way: what all of its reads share. */
export interface Search extends DiscoveryRequest {
  readonly budget: ByteBudget;
}

/** What was looked for, and how it would have been stored. */
export interface Place {
  readonly format: SignatureFormat;
  readonly purpose: Purpose;
}

/** The outcome of a read that gave nothing. */
export function unread(
  { format, purpose }: Place,
  subject: string,
  read: Exclude<Read<unknown>, { kind: 'read' }>,
): Discovered {
  if (read.kind === 'unavailable') return { kind: 'unavailable', error: read.error };
  const { code, message: detail } = read.refused;
  return { kind: 'refused', format, purpose, refusal: { code, subject, detail } };
}

export function tooMany({ format, purpose }: Place, subject: string, omitted: number): Discovered {
  const detail = `expected at most ${maxCandidates} candidates of format ${format}, got ${omitted} more that were not looked at`;
  return { kind: 'refused', format, purpose, refusal: { code: 'CONTENT_TOO_LARGE', subject, detail } };
}
