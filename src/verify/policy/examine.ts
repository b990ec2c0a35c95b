import type { Refusal, Signer } from '../../api/index.ts';
import type { Origin, Statement, UnverifiedCandidate, UnverifiedClaim } from '../evidence/candidate.ts';
import { readClaim } from '../evidence/read-claim.ts';
import { quoted, Refused } from '../evidence/refused.ts';
import type { Authority } from '../proof/authority.ts';
import { prove } from '../proof/prove.ts';
import { deniedSigner } from './denial.ts';
import type { Requirement } from './requirement.ts';
import type { Attested, Rule } from './rule.ts';
import { validUntil } from './valid-until.ts';

/** What came of asking whether one authority signed one candidate. */
export interface Attempt {
  /** As in `Signer.authority`. */
  readonly authority: string;
  /** The attestation of the policy that was asked for; absent for a signature. */
  readonly attestation?: string;
  readonly result: Held | { readonly kind: 'refused'; readonly refusal: Refusal };
}

interface Held {
  readonly kind: 'held';
  readonly signer: Signer;
  /** Milliseconds since the epoch from which on it may not hold any more. */
  readonly until?: number;
}

/** What one candidate is worth to one requirement. */
export type Judgement =
  | { readonly kind: 'examined'; readonly attempts: readonly Attempt[] }
  /** For what it is, whoever signed it. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The requirement does not look at this format, or asks for nothing of this kind. */
  | { readonly kind: 'not-asked' };

/** One candidate, and what it is worth. */
export interface Finding {
  readonly format: UnverifiedCandidate['format'];
  readonly evidence: string;
  /** What its bytes state to be; absent when they could not be read. Nobody's word unless an attempt held. */
  readonly states?: 'signature' | 'message' | { readonly predicateType: string };
  readonly origin?: Origin;
  /** One for each requirement, in their order. */
  readonly judgements: readonly Judgement[];
}

/** What a candidate is judged for and by. */
export interface Examination {
  readonly requirements: readonly Requirement[];
  /** Of the artifact. */
  readonly digest: string;
  /** The site's trusted now, in milliseconds since the epoch. */
  readonly now: number;
}

/** Judges one candidate. Never throws: what cannot be read is refused. */
export function examine(candidate: UnverifiedCandidate, examination: Examination): Finding {
  const { requirements, digest } = examination;
  const { format, evidence, origin } = candidate;
  const claim = readClaim(candidate, digest);
  if (claim instanceof Refused) {
    return refusedFinding({ format, evidence }, toRefusal(claim, evidence), requirements);
  }
  return {
    format,
    evidence,
    states: statesOf(claim),
    ...(origin === undefined ? {} : { origin }),
    judgements: requirements.map((requirement) =>
      requirement.formats.includes(format)
        ? judge({ candidate, claim, examination }, requirement)
        : { kind: 'not-asked' },
    ),
  };
}

/** The finding for something that was refused before it could be read. */
export function refusedFinding(
  { format, evidence }: Pick<Finding, 'format' | 'evidence'>,
  refusal: Refusal,
  requirements: readonly Requirement[],
): Finding {
  const judgements = requirements.map(
    ({ formats }): Judgement =>
      formats.includes(format) ? { kind: 'refused', refusal } : { kind: 'not-asked' },
  );
  return { format, evidence, judgements };
}

function statesOf({ statement }: UnverifiedClaim): NonNullable<Finding['states']> {
  return statement.kind === 'attestation' ? { predicateType: statement.predicateType } : statement.kind;
}

function toRefusal({ code, message }: Refused, evidence: string): Refusal {
  return { code, subject: evidence, detail: message };
}

interface ReadCandidate {
  readonly candidate: UnverifiedCandidate;
  readonly claim: UnverifiedClaim;
  readonly examination: Examination;
}

function judge(read: ReadCandidate, requirement: Requirement): Judgement {
  const { statement } = read.claim;
  const asksForSignatures = requirement.threshold > 0;
  if (statement.kind === 'attestation') {
    const attempts = attestationAttempts(read, requirement, statement);
    if (attempts.length > 0) return { kind: 'examined', attempts };
  }
  if (!asksForSignatures) return { kind: 'not-asked' };
  if (statement.kind !== 'signature') return { kind: 'refused', refusal: wrongType(read) };
  return { kind: 'examined', attempts: signatureAttempts(read, requirement) };
}

function wrongType({ candidate: { evidence }, claim: { statement } }: ReadCandidate): Refusal {
  const got =
    statement.kind === 'attestation'
      ? `an attestation of type ${quoted(statement.predicateType)}, which grants nothing`
      : 'bytes that state no purpose';
  return { code: 'SIGNATURE_WRONG_TYPE', subject: evidence, detail: `expected a signature, got ${got}` };
}

function signatureAttempts(read: ReadCandidate, requirement: Requirement): readonly Attempt[] {
  return requirement.authorities.map((authority) => ({
    authority: authority.name,
    result: attempt(read, requirement, authority),
  }));
}

/** None where no attestation of this type is asked for. */
function attestationAttempts(
  read: ReadCandidate,
  requirement: Requirement,
  { predicateType, predicate }: Extract<Statement, { readonly kind: 'attestation' }>,
): readonly Attempt[] {
  const { digest } = read.examination;
  const asked = requirement.attestations.filter((attestation) => attestation.predicateType === predicateType);
  return asked.flatMap(({ name, authorities, rules }) =>
    authorities.map((authority) => {
      const result = attempt(read, requirement, authority);
      const attested = { predicateType, predicate, digest };
      return {
        authority: authority.name,
        attestation: name,
        result: result.kind === 'held' ? holdToRules(result, rules, attested) : result,
      };
    }),
  );
}

/** Whatever goes wrong while one candidate is judged is a refusal of that candidate. */
function attempt(read: ReadCandidate, requirement: Requirement, authority: Authority): Attempt['result'] {
  try {
    return judgeClaim(read, requirement, authority);
  } catch (cause) {
    const { evidence } = read.candidate;
    const refused = new Refused('SIGNATURE_MALFORMED', 'expected evidence that can be judged', { cause });
    return { kind: 'refused', refusal: toRefusal(refused, evidence) };
  }
}

/** The signature comes first: what unsigned bytes say about digests is worth nothing. */
function judgeClaim(
  { candidate, claim, examination }: ReadCandidate,
  { name: policy, denials }: Requirement,
  authority: Authority,
): Attempt['result'] {
  const { evidence, format } = candidate;
  const { digest, now } = examination;
  const proof = prove(authority, claim, now);
  if (proof instanceof Refused) {
    const { code, message } = proof;
    const detail = code === 'SIGNATURE_KEY_UNKNOWN' ? unknownKey(claim, authority, message) : message;
    return { kind: 'refused', refusal: { code, subject: evidence, detail } };
  }
  const denied = deniedSigner(proof, denials);
  if (denied !== undefined) {
    return { kind: 'refused', refusal: { code: 'POLICY_DENIED', subject: evidence, detail: denied } };
  }
  if (!claim.digests.includes(digest)) {
    const detail = `expected a signature of ${digest}, got one of ${quoted(claim.digests[0] ?? 'nothing')}`;
    return { kind: 'refused', refusal: { code: 'SIGNATURE_WRONG_DIGEST', subject: evidence, detail } };
  }
  const { logsUntil: _, ...proven } = proof;
  const signer = { policy, authority: authority.name, ...proven, format, evidence, ...statedBy(claim) };
  const until = validUntil(authority, claim, proof);
  return { kind: 'held', signer, ...(until === undefined ? {} : { until }) };
}

function statedBy({ statement }: UnverifiedClaim): Pick<Signer, 'annotations' | 'predicateType'> {
  switch (statement.kind) {
    case 'signature':
      return { annotations: statement.annotations };
    case 'attestation':
      return { annotations: {}, predicateType: statement.predicateType };
    case 'message':
      return { annotations: {} };
  }
}

/** Rules see nothing that is not signed by an authority, about this artifact. */
function holdToRules(held: Held, rules: readonly Rule[], attested: Attested): Attempt['result'] {
  for (const rule of rules) {
    const reason = rule.refusal(attested);
    if (reason !== undefined) {
      const detail = `${rule.message}: ${reason}`;
      const subject = held.signer.evidence;
      return { kind: 'refused', refusal: { code: 'ATTESTATION_REFUSED', subject, detail } };
    }
  }
  return held;
}

/** Names the keys of the policy, which the proof does not know by name, and what the evidence says of its own. */
function unknownKey({ material }: UnverifiedClaim, authority: Authority, otherwise: string): string {
  if (material.kind !== 'key' || authority.kind !== 'key') return otherwise;
  const keys = authority.keys.map(({ key }) => `${key.algorithm} ${key.id}`).join(' or ');
  const hint = keyIdOfHint(material.hint);
  return `expected a signature by ${keys}, got one by another key${hint === undefined ? '' : `, ${hint} by its own word`}`;
}

/** Cosign's hint is the base64 of the key's id. An unsigned word: good for a message, for nothing else. */
function keyIdOfHint(hint = ''): string | undefined {
  const bytes = Buffer.from(hint, 'base64');
  return bytes.byteLength === 32 ? `sha256:${bytes.toString('hex')}` : undefined;
}
