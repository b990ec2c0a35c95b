import type { Refusal, Signer } from '../../api/index.ts';
import { quoted } from '../evidence/refused.ts';
import { countAuthorities } from './count-signers.ts';
import { deniedDigest } from './denial.ts';
import { deniedArtifact } from './denied-artifact.ts';
import type { Attempt, Finding } from './examine.ts';
import { mostTellingFirst } from './refuse.ts';
import type { AttestationRequirement, Requirement } from './requirement.ts';
import { mostTelling } from './telling.ts';
import { earliest } from './valid-until.ts';

/** What the findings amount to for one requirement. */
export interface Outcome {
  readonly holds: boolean;
  /** The signatures and attestations that count, whether or not they are enough. */
  readonly signers: readonly Signer[];
  /** Milliseconds since the epoch from which on one of these may not count any more. */
  readonly until?: number | undefined;
  /** Why it does not hold, most telling first; empty when it does. */
  readonly refusals: readonly Refusal[];
}

/** One requirement among those that were examined. */
export interface Asked {
  readonly requirement: Requirement;
  /** Its place in `Finding.judgements`. */
  readonly at: number;
  /** Of the artifact. */
  readonly digest: string;
}

/** Whether a requirement holds. The order of findings does not matter. */
export function outcomeOf(asked: Asked, findings: readonly Finding[]): Outcome {
  const { requirement, digest } = asked;
  const attempts = findings.flatMap(({ judgements }) => attemptsOf(judgements[asked.at]));
  const signers = unique(attempts.flatMap(signersOf));
  const denied = deniedDigest(digest, requirement.denials);
  const count = countAuthorities(attempts.filter(isAboutSignature).flatMap(signersOf));
  const missing = requirement.attestations.filter((attestation) => !isAttested(attestation, attempts));
  const holds = denied === undefined && count >= requirement.threshold && missing.length === 0;
  if (holds) {
    const ends = attempts.map(({ result }) => (result.kind === 'held' ? result.until : undefined));
    return { holds, signers, until: earliest(ends), refusals: [] };
  }
  const refusals = [
    ...(denied === undefined ? [] : [deniedArtifact(denied, digest)]),
    ...(count >= requirement.threshold ? [] : signatureRefusals(asked, { count, findings })),
    ...missing.flatMap((attestation) => attestationRefusals(asked, attestation, findings)),
    ...unreadable(asked, findings),
  ];
  return { holds, signers, refusals: mostTellingFirst(refusals) };
}

function attemptsOf(judgement: Finding['judgements'][number] | undefined): readonly Attempt[] {
  return judgement?.kind === 'examined' ? judgement.attempts : [];
}

function isAboutSignature({ attestation }: Attempt): boolean {
  return attestation === undefined;
}

function signersOf({ result }: Attempt): readonly Signer[] {
  return result.kind === 'held' ? [result.signer] : [];
}

function isAttested({ name }: AttestationRequirement, attempts: readonly Attempt[]): boolean {
  return attempts.some(({ attestation, result }) => attestation === name && result.kind === 'held');
}

interface Counted {
  readonly count: number;
  readonly findings: readonly Finding[];
}

/** What was signed in vain, by candidate; or that nothing was. */
function signatureRefusals(asked: Asked, { count, findings }: Counted): readonly Refusal[] {
  const { requirement, at, digest } = asked;
  const { name, authorities, formats, threshold } = requirement;
  const candidates = findings.map(({ judgements }) => attemptsOf(judgements[at]).filter(isAboutSignature));
  const refused = candidates.flatMap((attempts) => refusalOfCandidate(authorities.length, attempts));
  if (count > 0) return [tooFew(requirement, candidates.flat().flatMap(signersOf), count), ...refused];
  if (refused.length + unreadable(asked, findings).length > 0) return refused;
  const among = threshold > 1 ? ` by ${threshold} of ${authorities.length} authorities` : '';
  const detail = `expected a signature of ${digest} in format ${formats.join(' or ')}${among}, got none`;
  return [{ code: 'SIGNATURE_MISSING', subject: name, detail }];
}

function tooFew(
  { name, authorities, threshold }: Requirement,
  votes: readonly Signer[],
  count: number,
): Refusal {
  const wanted = authorities.map((authority) => authority.name).join(', ');
  const got = [...new Set(votes.map(({ authority }) => authority))].join(', ');
  const once =
    count < new Set(votes.map(({ authority }) => authority)).size ? '; one signer counts once' : '';
  const detail = `expected ${threshold} of ${authorities.length} authorities to sign (${wanted}), got ${count}: ${got}${once}`;
  return { code: 'SIGNATURE_TOO_FEW', subject: name, detail };
}

/** One refusal for a candidate that no authority stands for: the most telling, and of which authority where there are several. */
function refusalOfCandidate(authorities: number, attempts: readonly Attempt[]): readonly Refusal[] {
  if (attempts.some(({ result }) => result.kind === 'held')) return [];
  const refused = attempts.flatMap(({ authority, result }) =>
    result.kind === 'refused' ? [{ authority, refusal: result.refusal }] : [],
  );
  const first = mostTelling(refused, ({ refusal }) => refusal.code);
  if (first === undefined) return [];
  const { authority, refusal } = first;
  const like = refused.filter((other) => other.refusal.code === refusal.code).length;
  if (authorities === 1) return [refusal];
  const others = like > 1 ? ` (and the same of ${like - 1} more)` : '';
  return [{ ...refusal, detail: `${authority}: ${refusal.detail}${others}` }];
}

function attestationRefusals(
  { requirement, at, digest }: Asked,
  { name, predicateType, authorities }: AttestationRequirement,
  findings: readonly Finding[],
): readonly Refusal[] {
  const refused = findings.flatMap(({ judgements }) => {
    const own = attemptsOf(judgements[at]).filter(({ attestation }) => attestation === name);
    return refusalOfCandidate(authorities.length, own);
  });
  if (refused.some(({ code }) => code === 'ATTESTATION_REFUSED')) return refused;
  const by = authorities.map((authority) => authority.name).join(' or ');
  const detail = `expected an attestation ${name} of type ${quoted(predicateType)} about ${digest} by ${by}, got none that holds`;
  return [{ code: 'ATTESTATION_MISSING', subject: requirement.name, detail }, ...refused];
}

/** What could not be read might have been what is missing. */
function unreadable({ at }: Asked, findings: readonly Finding[]): readonly Refusal[] {
  return findings.flatMap(({ judgements }) => {
    const judgement = judgements[at];
    return judgement?.kind === 'refused' ? [judgement.refusal] : [];
  });
}

/** What one signer stated once counts once for each authority that it may stand for: which one it is counted for is not decided here. */
function unique(signers: readonly Signer[]): readonly Signer[] {
  const first = new Map(signers.toReversed().map((signer) => [sameStatement(signer), signer]));
  return [...first.values()].reverse();
}

function sameStatement({ authority, keyId, identity, predicateType, annotations, times }: Signer): string {
  const signer = identity === undefined ? keyId : [identity.issuer, identity.subject];
  return JSON.stringify([authority, signer, predicateType, Object.entries(annotations).sort(), times]);
}
