import {
  type DesiredState,
  type OciRepository,
  policyName,
  type Refusal,
  type Verdict,
} from '../../api/index.ts';
import { matches } from './matches.ts';
import { refuse } from './refuse.ts';

/** That a policy denies an artifact, whoever signed it. */
export function deniedArtifact(policy: string, digest: string): Refusal {
  return { code: 'POLICY_DENIED', subject: policy, detail: `expected another artifact, ${digest} is denied` };
}

/**
 * The refusal of a digest that an enforced policy of the source denies. It needs no key, no evidence and no registry, so that neither of these
 * can stand before it. @throws SealiftError REFERENCE_INVALID.
 */
export function refuseDenied(
  source: OciRepository,
  { policies }: Pick<DesiredState, 'policies'>,
  digest: string,
): Extract<Verdict, { readonly kind: 'refused' }> | undefined {
  const denying = policies.filter(
    (policy) =>
      policy.spec.mode === 'enforce' && policy.spec.deny.digests.includes(digest) && matches(policy, source),
  );
  if (denying.length === 0) return undefined;
  return refuse(
    digest,
    denying.map((policy) => deniedArtifact(policyName(policy), digest)),
  );
}
