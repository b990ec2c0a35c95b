import { freshnessAnnotations } from '../../api/index.ts';
import { rfc3339 } from '../../core/index.ts';
import { quoted } from '../evidence/refused.ts';
import { agreedMoment, type StatedMoment } from './agreement.ts';
import { parseInstant } from './annotation.ts';
import type { CountedSignature, FreshnessRule, JudgedRevision, Stale } from './rule.ts';
import { clockSkewMs, stale } from './rule.ts';
import { issuedTimes, provenSigning, signingTimes, stampedAnew } from './signing-time.ts';

interface InTime {
  readonly kind: 'in-time';
  /** Milliseconds since the epoch: from then on it is not fresh any more. Infinity: for ever. */
  readonly until: number;
  /** What each authority says of it, for messages; empty where one suffices. */
  readonly each: string;
}

const endless: InTime = { kind: 'in-time', until: Number.POSITIVE_INFINITY, each: '' };

/** Whether an artifact may still be taken up, at `now` in milliseconds since the epoch. */
export function inTime(rule: FreshnessRule, revision: JudgedRevision, now: number): InTime | Stale {
  const expiry = expiryOf(rule, revision);
  if (expiry.kind === 'stale') return expiry;
  const age = ageLimit(rule, revision, now);
  if (age.kind === 'stale') return age;
  if (now >= expiry.until) {
    const detail = `expected an artifact that is still meant at ${rfc3339(now)}, got one that expired at ${rfc3339(expiry.until)}${expiry.each}`;
    return stale('REVISION_EXPIRED', detail);
  }
  if (now >= age.until) {
    const detail = `expected a signature after ${rfc3339(now - (rule.maxAge ?? 0))}, got the newest of ${rfc3339(age.until - (rule.maxAge ?? 0))}${age.each}: the registry stands still, or nobody signed`;
    return stale('REVISION_EXPIRED', detail);
  }
  return { kind: 'in-time', until: Math.min(expiry.until, age.until), each: '' };
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
  const each = byEach({ signatures, threshold }, stated);
  if (until !== undefined) return { kind: 'in-time', until, each };
  const malformed = [ofManifest, ...said.map(({ text }) => text)].find(isMalformed);
  if (malformed !== undefined) {
    return stale('REVISION_EXPIRED', `expected ${name} to be an RFC 3339 time, got ${quoted(malformed)}`);
  }
  return stale('REVISION_EXPIRED', `expected the annotation ${name}${asked(threshold)}${each}`);
}

function momentOf(by: CountedSignature, at: number | undefined): readonly StatedMoment[] {
  return at === undefined ? [] : [{ by, at }];
}

function isMalformed(text: string | undefined): text is string {
  return text !== undefined && parseInstant(text) === undefined;
}

type Signed = Pick<JudgedRevision, 'signatures' | 'threshold'>;

/** Who had to state something. */
function asked(threshold: number): string {
  return threshold <= 1 ? ', got none' : ` in signatures by ${threshold} authorities`;
}

/** The latest that each authority states, where several have to: whose signature is missing something, and whose holds things up. */
function byEach({ signatures, threshold }: Signed, stated: readonly StatedMoment[]): string {
  if (threshold <= 1) return '';
  const names = [...new Set(signatures.map(({ authority }) => authority))].sort();
  const latest = names.map((name) => {
    const moments = stated.filter(({ by }) => by.authority === name).map(({ at }) => at);
    return `${name} ${momentText(Math.max(...moments))}`;
  });
  return ` (${latest.join(', ')})`;
}

function momentText(at: number): string {
  if (at === Number.NEGATIVE_INFINITY) return 'none';
  return at === endless.until ? 'without end' : rfc3339(at);
}

/** The newest moment by which as many authorities as have to sign have signed: one of them alone makes nothing young, nor does one in the future. */
function ageLimit({ maxAge }: FreshnessRule, signed: Signed, now: number): InTime | Stale {
  if (maxAge === undefined) return endless;
  const { signatures, threshold } = signed;
  const stated = signatures.flatMap((by) =>
    [...signingTimes(by), ...issuedTimes(by)].map((at) => ({ by, at })),
  );
  const latest = now + clockSkewMs;
  const past = stated.filter(({ at }) => at <= latest);
  const each = byEach(signed, stated);
  const newest = agreedMoment(past, threshold);
  if (newest !== undefined) return { kind: 'in-time', until: newest + maxAge, each };
  const future = agreedMoment(stated, threshold);
  if (future !== undefined) {
    const detail = `expected a signature made by ${rfc3339(latest)}, got one of ${rfc3339(future)}${each}: the clock of this site or of the signer is wrong`;
    return stale('REVISION_JUMP', detail);
  }
  const what = `expected ${provenSigning}, or the annotation ${freshnessAnnotations.issued}`;
  return stale('REVISION_EXPIRED', `${what}${asked(threshold)}${each}; ${stampedAnew}`);
}
