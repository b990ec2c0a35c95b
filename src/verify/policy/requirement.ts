import type { PolicyFreshness, Refusal } from '../../api/index.ts';
import type { SignatureFormat } from '../evidence/candidate.ts';
import type { Authority } from '../proof/authority.ts';
import type { Denial } from './denial.ts';
import type { Rule } from './rule.ts';

/** What one policy, or `spec.verify`, asks of an artifact. */
export interface Requirement {
  /** `VerificationPolicy/namespace/name`, or `spec.verify`. */
  readonly name: string;
  /** `warn`: judged like any other, and what it would refuse goes through with a warning. */
  readonly mode: 'enforce' | 'warn';
  readonly formats: readonly SignatureFormat[];
  readonly authorities: readonly Authority[];
  /** How many authorities have to have signed, each by a signer of its own; 0 lets the unsigned through on purpose. */
  readonly threshold: number;
  readonly attestations: readonly AttestationRequirement[];
  /** Its own, and those of every enforced policy that matches the same source. */
  readonly denials: readonly Denial[];
  readonly freshness: PolicyFreshness;
  /** What whoever wrote it should know, whatever the artifact. */
  readonly notes: readonly Refusal[];
}

/** Holds when one attestation of this type, by one of the authorities, satisfies all rules. */
export interface AttestationRequirement {
  readonly name: string;
  readonly predicateType: string;
  readonly authorities: readonly Authority[];
  readonly rules: readonly Rule[];
}

export type Requirements =
  | { readonly kind: 'not-required' }
  /** There are policies, and none of them covers the source: nobody may sign it. */
  | { readonly kind: 'no-match'; readonly policies: number }
  /** Every one has to hold. */
  | { readonly kind: 'required'; readonly requirements: readonly Requirement[] };

/** Asks for a signature by any one of some authorities, and for nothing else. */
export function anyAuthority(
  name: string,
  authorities: readonly Authority[],
  formats: readonly SignatureFormat[] = ['bundle', 'legacy'],
): Requirement {
  return {
    name,
    mode: 'enforce',
    formats,
    authorities,
    threshold: 1,
    attestations: [],
    denials: [],
    freshness: { order: 'none', expires: 'ifPresent' },
    notes: [],
  };
}
