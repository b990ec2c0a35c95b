import { freshnessAnnotations } from '../../api/index.ts';
import { rfc3339 } from '../../core/index.ts';
import { quoted } from '../evidence/refused.ts';
import { isInstant, parseInstant } from './annotation.ts';
import type { FreshnessRule, JudgedRevision, SignedStatement, Stale } from './rule.ts';
import { stale } from './rule.ts';

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
  const age = ageLimit(rule, revision.signatures);
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
 * The latest end of any signature: who signs again with a later one prolongs it. The manifest's holds for signatures that state none; where
 * none is required, what states none at all has no end.
 */
function expiryOf({ expires }: FreshnessRule, { annotations, signatures }: JudgedRevision): InTime | Stale {
  if (expires === 'ignore') return endless;
  const name = freshnessAnnotations.expires;
  const ofManifest = annotations[name];
  const texts = signatures.map((signature) => signature.annotations[name] ?? ofManifest);
  const said = (texts.length === 0 ? [ofManifest] : texts).filter((text) => text !== undefined);
  const isEndless = said.length < Math.max(texts.length, 1);
  if (expires === 'ifPresent' && isEndless) return endless;
  const times = said.map(parseInstant).filter((at) => at !== undefined);
  if (times.length > 0) return { kind: 'in-time', until: Math.max(...times) };
  const [malformed] = said;
  if (malformed === undefined) {
    return stale('REVISION_EXPIRED', `expected the annotation ${name}, got none`);
  }
  return stale('REVISION_EXPIRED', `expected ${name} to be an RFC 3339 time, got ${quoted(malformed)}`);
}

function ageLimit({ maxAge }: FreshnessRule, signatures: readonly SignedStatement[]): InTime | Stale {
  if (maxAge === undefined) return endless;
  const newest = signatures.flatMap(signingTimes).reduce((last, at) => Math.max(last, at), -1);
  if (newest >= 0) return { kind: 'in-time', until: newest + maxAge };
  const detail = `expected a signature by a certificate with a proven time, or the annotation ${freshnessAnnotations.issued}, got none; what a key signed can be timestamped anew`;
  return stale('REVISION_EXPIRED', detail);
}

/** When it was signed: a registry that stands still could have the signature of a key timestamped every day. */
function signingTimes({ identity, times, annotations }: SignedStatement): readonly number[] {
  return signedTimes({ times: identity === undefined ? [] : times, annotations });
}

/** Every moment, in milliseconds since the epoch, of which a log, a timestamp or the signer says that the signature existed. */
export function signedTimes({
  times,
  annotations,
}: Pick<SignedStatement, 'times' | 'annotations'>): readonly number[] {
  const issued = parseInstant(annotations[freshnessAnnotations.issued] ?? '');
  return [...times.map(({ at }) => at).filter(isInstant), ...(issued === undefined ? [] : [issued])];
}
