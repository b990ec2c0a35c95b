import { freshnessAnnotations } from '../../api/index.ts';
import { isInstant, parseInstant } from './annotation.ts';
import type { CountedSignature } from './rule.ts';

/**
 * A proven time counts as that of signing for so long after the certificate began, in milliseconds. Whoever has a copy of a signature can have
 * it logged or timestamped anew as long as its certificate lives; what began when nobody can move. An hour for a certificate that is used
 * at once, and one more for authorities that date it back.
 */
const signingSpanMs = 2 * 60 * 60_000;

/** A key has no beginning, and what it signed can be timestamped anew for ever. */
const noBeginning = Number.NEGATIVE_INFINITY;

/** Proven moments of signing, in milliseconds since the epoch. None for a key. */
export function signingTimes({ times, certifiedSince = noBeginning }: CountedSignature): readonly number[] {
  return times.map(({ at }) => at).filter((at) => isInstant(at) && at - certifiedSince <= signingSpanMs);
}

/** When the signer says that it was signed. */
export function issuedTimes({ annotations }: Pick<CountedSignature, 'annotations'>): readonly number[] {
  const issued = parseInstant(annotations[freshnessAnnotations.issued] ?? '');
  return issued === undefined ? [] : [issued];
}

/** Every moment, in milliseconds since the epoch, of which a log, a timestamp or the signer says that the signature existed. */
export function knownTimes(signature: Pick<CountedSignature, 'times' | 'annotations'>): readonly number[] {
  return [...signature.times.map(({ at }) => at).filter(isInstant), ...issuedTimes(signature)];
}

/** What was looked for, for messages, and why so little counts. */
export const provenSigning: string =
  'a signature by a certificate that began within two hours before a proven time';
export const stampedAnew: string = 'what a key or an older certificate signed can be timestamped anew';
