import { freshnessAnnotations } from '../../api/index.ts';
import { rfc3339 } from '../../core/index.ts';
import { quoted } from '../evidence/refused.ts';
import { countAuthorities } from '../policy/count-signers.ts';
import { agreedMoment, type StatedMoment } from './agreement.ts';
import { parseInstant } from './annotation.ts';
import type { CountedSignature, FreshnessRule, JudgedRevision, Stale } from './rule.ts';
import { stale } from './rule.ts';
import { issuedTimes, provenSigning, signingTimes, stampedAnew } from './signing-time.ts';

interface InTime {
  readonly kind: 'in-time';
  /** Milliseconds since the epoch: from then on it is not fresh any more. Infinity: for ever. */
  readonly until: number;
}

const endless: InTime = { kind: 'in-time', until: Number.POSITIVE_INFINITY };

/** Whether an artifact may still be taken up, at `now` in milliseconds since the epoch. */
export function inTime(rule: FreshnessRule, revision: JudgedRevision, now: number): InTime | Stale {
  const expiry = expiryOf(rule, revision);
  if (expiry.kind === 'stale') return expiry;
  const age = ageLimit(rule, revision);
  if (age.kind === 'stale') return age;
  if (now >= expiry.until) {
    const detail = `expected an artifact that is still meant at ${rfc3339(now)}, got one that expired at ${rfc3339(expiry.until)}`;
    return stale('REVISION_EXPIRED', detail);
  }
  if (now >= age.until) {
    const detail = `expected a signature after ${rfc3339(now - (rule.maxAge ?? 0))}, got the newest of ${rfc3339(age.until - (rule.maxAge ?? 0))}: the registry stands still, or nobody signed`;
    return stale('REVISION_EXPIRED', detail);
  }
  return { kind: 'in-time', until: Math.min(expiry.until, age.until) };
}

/**
 * The latest end that as many authorities as have to sign agree on: who signs again with a later one prolongs it, together with so many. The
 * manifest's holds for signatures that state none; where none is required, what states none at all has no end.
 */
function expiryOf(
  { expires }: FreshnessRule,
  { annotations, signatures, threshold }: JudgedRevision,
): InTime | Stale {
  if (expires === 'ignore') return endless;
  const name = freshnessAnnotations.expires;
  const ofManifest = annotations[name];
  const endOf = (text: string | undefined): number | undefined =>
    text === undefined && expires === 'ifPresent' ? endless.until : parseInstant(text ?? '');
  const said = signatures.map((by) => ({ by, text: by.annotations[name] ?? ofManifest }));
  const stated = said.flatMap(({ by, text }) => momentOf(by, endOf(text)));
  const until = signatures.length === 0 ? endOf(ofManifest) : agreedMoment(stated, threshold);
  if (until !== undefined) return { kind: 'in-time', until };
  const malformed = [ofManifest, ...said.map(({ text }) => text)].find(isMalformed);
  if (malformed !== undefined) {
    return stale('REVISION_EXPIRED', `expected ${name} to be an RFC 3339 time, got ${quoted(malformed)}`);
  }
  return stale('REVISION_EXPIRED', `expected the annotation ${name}${byAuthorities(threshold, stated)}`);
}

function momentOf(by: CountedSignature, at: number | undefined): readonly StatedMoment[] {
  return at === undefined ? [] : [{ by, at }];
}

function isMalformed(text: string | undefined): text is string {
  return text !== undefined && parseInstant(text) === undefined;
}

/** Who had to state something, and who did. */
function byAuthorities(threshold: number, stated: readonly StatedMoment[]): string {
  if (threshold <= 1) return ', got none';
  return ` in signatures by ${threshold} authorities, got it by ${countAuthorities(stated.map(({ by }) => by))}`;
}

/** The newest moment by which as many authorities as have to sign have signed: one of them alone makes nothing young. */
function ageLimit(
  { maxAge }: FreshnessRule,
  { signatures, threshold }: Pick<JudgedRevision, 'signatures' | 'threshold'>,
): InTime | Stale {
  if (maxAge === undefined) return endless;
  const stated = signatures.flatMap((by) =>
    [...signingTimes(by), ...issuedTimes(by)].map((at) => ({ by, at })),
  );
  const newest = agreedMoment(stated, threshold);
  if (newest !== undefined) return { kind: 'in-time', until: newest + maxAge };
  const what = `expected ${provenSigning}, or the annotation ${freshnessAnnotations.issued}`;
  const detail = `${what}${byAuthorities(threshold, stated)}; ${stampedAnew}`;
  return stale('REVISION_EXPIRED', detail);
}
