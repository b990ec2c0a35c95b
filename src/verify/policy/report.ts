import { extensionName, type Refusal, type Signer } from '../../api/index.ts';
import type { Authority, TimeRule } from '../proof/authority.ts';
import type { IdentityRule } from '../proof/identity-rule.ts';
import type { Finding } from './examine.ts';
import { outcomeOf } from './outcome.ts';
import type { Requirement } from './requirement.ts';

/** What each policy asked of an artifact, what was found, and what came of it: for people, and as JSON for programs. */
export interface VerificationReport {
  /** Of the artifact. */
  readonly digest: string;
  readonly policies: readonly PolicyReport[];
  /** Everything that was looked at, in the order in which it was found. */
  readonly found: readonly FoundEvidence[];
}

export interface PolicyReport {
  /** `VerificationPolicy/namespace/name`, or `spec.verify`. */
  readonly name: string;
  readonly mode: 'enforce' | 'warn';
  readonly holds: boolean;
  readonly asked: {
    /** How many of the authorities have to have signed; 0 asks for no signature. */
    readonly threshold: number;
    readonly formats: readonly string[];
    readonly authorities: readonly AskedAuthority[];
    readonly attestations: readonly AskedAttestation[];
  };
  /** What each candidate is worth to this policy. */
  readonly candidates: readonly CandidateReport[];
  /** What satisfied it, or came near. */
  readonly satisfiedBy: readonly Signer[];
  /** Why it does not hold, most telling first. */
  readonly refusals: readonly Refusal[];
  /** What whoever wrote it should know. */
  readonly notes: readonly Refusal[];
}

export interface AskedAuthority {
  readonly name: string;
  readonly kind: Authority['kind'];
  /** Each is enough: a key as `ALGORITHM sha256:HEX`, an identity as `SUBJECT by ISSUER`. */
  readonly who: readonly string[];
  readonly time: TimeRule;
}

export interface AskedAttestation {
  readonly name: string;
  readonly predicateType: string;
  readonly authorities: readonly string[];
  readonly rules: readonly string[];
}

export interface FoundEvidence {
  readonly evidence: string;
  readonly format: Finding['format'];
  /** By its own word. */
  readonly states?: Finding['states'];
}

export interface CandidateReport {
  readonly evidence: string;
  readonly attempts: readonly AttemptReport[];
}

export type AttemptReport =
  | { readonly authority: string; readonly attestation?: string; readonly signer: Signer }
  | { readonly authority?: string; readonly attestation?: string; readonly refusal: Refusal };

/** Tells what was judged, from the values that the verdict is made of. */
export function reportOn(
  digest: string,
  requirements: readonly Requirement[],
  findings: readonly Finding[],
): VerificationReport {
  return {
    digest,
    policies: requirements.map((requirement, at) => policyReport({ requirement, at, digest }, findings)),
    found: findings.map(({ evidence, format, states }) => ({
      evidence,
      format,
      ...(states === undefined ? {} : { states }),
    })),
  };
}

function policyReport(asked: Parameters<typeof outcomeOf>[0], findings: readonly Finding[]): PolicyReport {
  const { requirement, at } = asked;
  const { name, mode, threshold, formats, authorities, attestations, notes } = requirement;
  const { holds, signers, refusals } = outcomeOf(asked, findings);
  return {
    name,
    mode,
    holds,
    asked: {
      threshold,
      formats,
      authorities: authorities.map(askedAuthority),
      attestations: attestations.map((attestation) => ({
        name: attestation.name,
        predicateType: attestation.predicateType,
        authorities: attestation.authorities.map((authority) => authority.name),
        rules: attestation.rules.map(({ message }) => message),
      })),
    },
    candidates: findings.flatMap((finding) => candidateReport(finding, at)),
    satisfiedBy: signers,
    refusals,
    notes,
  };
}

function askedAuthority(authority: Authority): AskedAuthority {
  const { name, kind, time } = authority;
  const who =
    authority.kind === 'key'
      ? authority.keys.map(({ key }) => `${key.algorithm} ${key.id}`)
      : authority.identities.map(writtenIdentity);
  return { name, kind, who, time };
}

function writtenIdentity({ issuer, subject, extensions }: IdentityRule): string {
  const by = issuer === undefined ? '' : ` by ${issuer.written}`;
  const further = [...extensions].map(([oid, rule]) => `, ${extensionName(oid)} ${rule.written}`).join('');
  return `${subject.written}${by}${further}`;
}

function candidateReport({ evidence, judgements }: Finding, at: number): readonly CandidateReport[] {
  const judgement = judgements[at];
  switch (judgement?.kind) {
    case 'examined':
      return [
        {
          evidence,
          attempts: judgement.attempts.map(({ result, ...asked }) => ({ ...asked, ...outcome(result) })),
        },
      ];
    case 'refused':
      return [{ evidence, attempts: [{ refusal: judgement.refusal }] }];
    default:
      return [];
  }
}

type Result = Extract<Finding['judgements'][number], { kind: 'examined' }>['attempts'][number]['result'];

function outcome(result: Result): { readonly signer: Signer } | { readonly refusal: Refusal } {
  return result.kind === 'held' ? { signer: result.signer } : { refusal: result.refusal };
}
