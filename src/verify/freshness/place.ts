import parseVersion from 'semver/functions/parse.js';
import { type FloorMark, type FloorOrder, freshnessAnnotations, ociAnnotations } from '../../api/index.ts';
import { rfc3339 } from '../../core/index.ts';
import { quoted } from '../evidence/refused.ts';
import { countAuthorities } from '../policy/count-signers.ts';
import { isAgreed } from './agreement.ts';
import { parseSequence } from './annotation.ts';
import { clockSkewMs, type JudgedRevision, type Stale, stale } from './rule.ts';
import { provenSigning, signingTimes, stampedAnew } from './signing-time.ts';

interface Placed {
  readonly kind: 'placed';
  readonly mark: Required<FloorMark>;
}

/** Where an artifact stands in an order, or why it stands nowhere. Never throws. */
export function placeOf(order: FloorOrder, revision: JudgedRevision, now: number): Placed | Stale {
  switch (order) {
    case 'sequence':
      return bySequence(revision);
    case 'semver':
      return byVersion(revision);
    case 'signedTime':
      return bySignedTime(revision, now);
  }
}

function placed(value: number | string, { digest }: JudgedRevision): Placed {
  return { kind: 'placed', mark: { value, digest } };
}

function bySequence(revision: JudgedRevision): Placed | Stale {
  const name = freshnessAnnotations.sequence;
  const text = revision.annotations[name];
  if (text === undefined) return stale('REVISION_UNORDERED', `expected the annotation ${name}, got none`);
  const value = parseSequence(text);
  if (value !== undefined) return placed(value, revision);
  const detail = `expected ${name} to be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, got ${quoted(text)}`;
  return stale('REVISION_UNORDERED', detail);
}

/** A tag is nobody's signed word, so the version that the signed manifest names, where it names one, has to be the same. */
function byVersion(revision: JudgedRevision): Placed | Stale {
  const stated = revision.annotations[ociAnnotations.version];
  const text = revision.tag ?? stated;
  const version = parseVersion(text, { loose: true });
  if (version === null) {
    return stale('REVISION_UNORDERED', `expected a version as tag, got ${quoted(text ?? 'no tag')}`);
  }
  const signed = parseVersion(stated ?? text, { loose: true });
  if (signed === null || signed.compare(version) !== 0) {
    const detail = `expected the tag ${quoted(text ?? '')} on an artifact of that version, got one of ${quoted(stated ?? '')}`;
    return stale('REVISION_UNORDERED', detail);
  }
  return placed(version.version, revision);
}

/**
 * The earliest proven time of signing; as many authorities as have to sign need one, or the rest of them would make what they signed once
 * look new for ever.
 */
function bySignedTime(revision: JudgedRevision, now: number): Placed | Stale {
  const { signatures, threshold } = revision;
  const timed = signatures.filter((signature) => signingTimes(signature).length > 0);
  if (!isAgreed(timed, threshold)) {
    const by =
      threshold > 1
        ? ` by each of ${threshold} authorities, got it by ${countAuthorities(timed)}`
        : ', got none';
    return stale('REVISION_UNORDERED', `expected ${provenSigning}${by}; ${stampedAnew}`);
  }
  const earliest = Math.min(...timed.flatMap(signingTimes));
  if (earliest > now + clockSkewMs) {
    const detail = `expected a signature made by ${rfc3339(now + clockSkewMs)}, got one of ${rfc3339(earliest)}: the clock of this site or of the timestamp is wrong`;
    return stale('REVISION_JUMP', detail);
  }
  return placed(earliest, revision);
}
