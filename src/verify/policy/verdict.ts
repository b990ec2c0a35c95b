import type { Refusal, Signer, Verdict } from '../../api/index.ts';
import type { ErrorCode } from '../../core/index.ts';
import type { Requirement } from './authorities.ts';
import type { Finding } from './examine.ts';

/** What tells the operator most comes first: an attack, then a key that is missing from a policy, then broken evidence. */
const mostTelling: readonly ErrorCode[] = [
  'SIGNATURE_WRONG_DIGEST',
  'SIGNATURE_KEY_UNKNOWN',
  'SIGNATURE_MALFORMED',
  'SIGNATURE_WRONG_TYPE',
  'SIGNATURE_MISSING',
];

/** True when every requirement has a signer: nothing further can change the verdict. */
export function allHold(requirements: readonly Requirement[], findings: readonly Finding[]): boolean {
  return requirements.length > 0 && requirements.every((_, at) => signersOf(findings, at).length > 0);
}

/** The verdict on a digest. Refused unless every requirement holds; the order of findings does not matter. */
export function decideVerdict(
  digest: string,
  requirements: readonly Requirement[],
  findings: readonly Finding[],
): Verdict {
  if (allHold(requirements, findings)) {
    const signers = requirements.flatMap((_, at) => signersOf(findings, at));
    return { kind: 'accepted', digest, signers, warnings: [] };
  }
  const failing = requirements.flatMap((requirement, at) =>
    signersOf(findings, at).length > 0 ? [] : refusalsOf(requirement, findings, { digest, at }),
  );
  return refuse(digest, failing);
}

/** @throws RangeError without a single refusal: a verdict without reason is a defect. */
export function refuse(digest: string, refusals: readonly Refusal[]): Verdict {
  const ordered = unique(refusals, ({ code, subject }) => `${code} ${subject}`).sort(byTelling);
  const [first] = ordered;
  if (first === undefined) throw new RangeError('expected at least one refusal');
  const more = ordered.length > 1 ? ` (and ${ordered.length - 1} more)` : '';
  return {
    kind: 'refused',
    digest,
    code: first.code,
    detail: `${first.subject}: ${first.detail}${more}`,
    refusals: ordered,
  };
}

/** Signers of one requirement; a key that signed twice counts once. */
function signersOf(findings: readonly Finding[], at: number): readonly Signer[] {
  const signers = findings.flatMap((finding) => {
    const judgement = finding[at];
    return judgement?.kind === 'signed' ? judgement.signers : [];
  });
  return unique(signers, ({ keyId }) => keyId);
}

function refusalsOf(
  { name, formats }: Requirement,
  findings: readonly Finding[],
  { digest, at }: { readonly digest: string; readonly at: number },
): readonly Refusal[] {
  const refusals = findings.flatMap((finding) => {
    const judgement = finding[at];
    return judgement?.kind === 'refused' ? [judgement.refusal] : [];
  });
  if (refusals.length > 0) return refusals;
  const detail = `expected a signature of ${digest} in format ${formats.join(' or ')}, got none`;
  return [{ code: 'SIGNATURE_MISSING', subject: name, detail }];
}

function unique<T>(values: readonly T[], key: (value: T) => string): T[] {
  return [...new Map(values.toReversed().map((value) => [key(value), value])).values()].reverse();
}

function byTelling(a: Refusal, b: Refusal): number {
  return rank(a.code) - rank(b.code) || (a.subject < b.subject ? -1 : 1);
}

function rank(code: ErrorCode): number {
  const at = mostTelling.indexOf(code);
  return at < 0 ? mostTelling.length : at;
}
