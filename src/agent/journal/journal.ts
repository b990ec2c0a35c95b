import {
  type Candidate,
  type DeliveryJournal,
  type RevisionAttempt,
  revisionDigest,
} from '../../api/index.ts';

/** What there is to take now. */
export interface Offer {
  readonly source: Candidate['source'];
  /** What the source has in force; `undefined` while that must not be applied. */
  readonly candidate: Candidate | undefined;
  readonly generation: number;
  readonly request: string | undefined;
}

/** What a delivery does next; the journal is to be on disk before it does. */
export type Course =
  | { readonly kind: 'forward'; readonly candidate: Candidate; readonly journal: DeliveryJournal }
  | { readonly kind: 'back'; readonly candidate: Candidate; readonly journal: DeliveryJournal }
  | { readonly kind: 'wait' };

/** What failed, and what there is instead. */
export interface WayBack {
  readonly bad: Candidate;
  readonly good: Candidate;
  readonly why: string;
  readonly stage: 'returning' | 'returned';
}

/** More of an error than fits a status beside another one helps nobody. */
const maxWhyLength = 2_000;

/** A tag that moves to what failed names nothing else. */
function isSame(a: Candidate, b: Candidate): boolean {
  return revisionDigest(a.layer.revision) === revisionDigest(b.layer.revision) && isFrom(a.source, b);
}

function isFrom({ namespace, name }: Candidate['source'], { source }: Candidate): boolean {
  return source.namespace === namespace && source.name === name;
}

/** Where a delivery went back, or is on its way; `undefined` where it is not. */
export function wayBack(journal: DeliveryJournal | undefined): WayBack | undefined {
  const { good, attempt } = journal ?? {};
  if (good === undefined || attempt === undefined || attempt.stage === 'trying') return undefined;
  return { bad: attempt.candidate, good, why: attempt.why ?? '', stage: attempt.stage };
}

/**
 * Which revision a delivery takes. What failed is not tried again until the source offers something else, the spec is another one, or somebody
 * asks for it.
 */
export function courseOf(journal: DeliveryJournal, offer: Offer): Course {
  const { candidate } = offer;
  const { good, attempt } = journal;
  const way = wayBack(journal);
  if (way !== undefined && isFrom(offer.source, way.good) && !isAskedAnew(attempt, offer))
    return { kind: 'back', candidate: way.good, journal };
  if (candidate === undefined) return { kind: 'wait' };
  if (good !== undefined && isSame(good, candidate))
    return {
      kind: 'forward',
      candidate,
      journal: isEqual(good, candidate) && attempt === undefined ? journal : { good: candidate },
    };
  const isUnderWay = attempt !== undefined && !isAskedAnew(attempt, offer);
  return { kind: 'forward', candidate, journal: isUnderWay ? journal : trying(journal, candidate, offer) };
}

function isAskedAnew(
  attempt: RevisionAttempt | undefined,
  { candidate, generation, request }: Offer,
): boolean {
  if (attempt === undefined || candidate === undefined) return false;
  const isKnown = isSame(attempt.candidate, candidate);
  return !isKnown || attempt.generation !== generation || attempt.request !== request;
}

function isEqual(a: Candidate, b: Candidate): boolean {
  return a.layer.revision === b.layer.revision && a.root === b.root;
}

function trying({ good }: DeliveryJournal, candidate: Candidate, offer: Offer): DeliveryJournal {
  const { generation, request } = offer;
  const asked = request === undefined ? {} : { request };
  const attempt: RevisionAttempt = { candidate, stage: 'trying', generation, ...asked };
  return { ...(good === undefined ? {} : { good }), attempt };
}

/** A revision is in force: applied, and healthy where that is waited for. */
export function afterHeld(journal: DeliveryJournal, revision: string): DeliveryJournal {
  const { good, attempt } = journal;
  if (attempt === undefined) return journal;
  const digest = revisionDigest(revision);
  if (attempt.stage === 'trying') {
    const isIt = revisionDigest(attempt.candidate.layer.revision) === digest;
    return isIt ? { good: attempt.candidate } : journal;
  }
  const isGood = good !== undefined && revisionDigest(good.layer.revision) === digest;
  return isGood && attempt.stage === 'returning'
    ? { ...journal, attempt: { ...attempt, stage: 'returned' } }
    : journal;
}

/** A revision has failed for good. Without another one of the same source that held before there is no way back. */
export function afterFailed(journal: DeliveryJournal, revision: string, why: string): DeliveryJournal {
  const { good, attempt } = journal;
  if (attempt?.stage !== 'trying' || good === undefined) return journal;
  const { lives: _, ...failed } = attempt;
  const { candidate } = attempt;
  const isIt = revisionDigest(candidate.layer.revision) === revisionDigest(revision);
  if (!isIt || !isFrom(candidate.source, good) || isSame(candidate, good)) return journal;
  return { good, attempt: { ...failed, stage: 'returning', why: why.slice(0, maxWhyLength) } };
}
