import type { Refusal, Signer, Verdict } from '../../src/api/index.ts';
import { errorTable, rfc3339 } from '../../src/core/index.ts';
import type { AttemptReport, Explanation, FoundEvidence, PolicyReport } from '../../src/verify/index.ts';

/** As in a verdict, with moments in RFC 3339. */
export interface SignerDocument extends Omit<Signer, 'times' | 'certifiedSince'> {
  readonly certifiedSince?: string;
  readonly times: readonly {
    readonly by: 'log' | 'timestamp';
    readonly operator: string;
    readonly at: string;
  }[];
}

type AttemptDocument =
  | Exclude<AttemptReport, { readonly signer: Signer }>
  | (Omit<Extract<AttemptReport, { readonly signer: Signer }>, 'signer'> & {
      readonly signer: SignerDocument;
    });

export interface PolicyDocument extends Omit<PolicyReport, 'satisfiedBy' | 'candidates'> {
  readonly satisfiedBy: readonly SignerDocument[];
  readonly candidates: readonly {
    readonly evidence: string;
    readonly attempts: readonly AttemptDocument[];
  }[];
}

/** What `sealift verify -o json` prints; docs/verification-report.schema.json is its schema, and fields are only ever added. */
export interface VerificationDocument {
  readonly apiVersion: 'sealift.dev/v1alpha1';
  readonly kind: 'VerificationReport';
  /** By digest. */
  readonly reference: string;
  readonly digest: string;
  readonly verdict: Verdict['kind'];
  /** Of a refusal: the most telling reason, and what to do. */
  readonly code?: string;
  readonly detail?: string;
  readonly next?: string;
  readonly signers: readonly SignerDocument[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Refusal[];
  /** Until when an acceptance counts, by what is known now. */
  readonly validUntil?: string;
  readonly policies: readonly PolicyDocument[];
  readonly found: readonly FoundEvidence[];
}

function signerDocument({ times, certifiedSince, ...signer }: Signer): SignerDocument {
  return {
    ...signer,
    ...(certifiedSince === undefined ? {} : { certifiedSince: rfc3339(certifiedSince) }),
    times: times.map(({ at, ...time }) => ({ ...time, at: rfc3339(at) })),
  };
}

function attemptDocument(attempt: AttemptReport): AttemptDocument {
  return 'signer' in attempt ? { ...attempt, signer: signerDocument(attempt.signer) } : attempt;
}

function policyDocument({ satisfiedBy, candidates, ...policy }: PolicyReport): PolicyDocument {
  return {
    ...policy,
    candidates: candidates.map(({ evidence, attempts }) => ({
      evidence,
      attempts: attempts.map(attemptDocument),
    })),
    satisfiedBy: satisfiedBy.map(signerDocument),
  };
}

function outcome(verdict: Verdict): Pick<VerificationDocument, 'code' | 'detail' | 'next' | 'validUntil'> {
  switch (verdict.kind) {
    case 'refused': {
      const { code, detail } = verdict;
      return { code, detail, next: errorTable[code].next };
    }
    case 'accepted':
      return verdict.validUntil === undefined ? {} : { validUntil: rfc3339(verdict.validUntil) };
    case 'not-required':
      return {};
    default:
      return verdict satisfies never;
  }
}

/** The document of an explanation; `reference` names the artifact by its digest. */
export function verificationDocument(
  reference: string,
  { verdict, report }: Explanation,
): VerificationDocument {
  return {
    apiVersion: 'sealift.dev/v1alpha1',
    kind: 'VerificationReport',
    reference,
    digest: verdict.digest,
    verdict: verdict.kind,
    ...outcome(verdict),
    signers: verdict.kind === 'accepted' ? verdict.signers.map(signerDocument) : [],
    refusals: verdict.kind === 'refused' ? verdict.refusals : [],
    warnings: verdict.kind === 'refused' ? [] : (verdict.warnings ?? []),
    policies: (report?.policies ?? []).map(policyDocument),
    found: report?.found ?? [],
  };
}
