import type { DesiredState, OciRepository } from '../../api/index.ts';
import { matches } from './matches.ts';
import { policyRequirement } from './policy-requirement.ts';
import type { Requirement, Requirements } from './requirement.ts';
import { sourceRequirement } from './source-requirement.ts';
import type { TrustedRoots } from './trusted-roots.ts';

/**
 * Who has to have signed what a source delivers: every policy that matches it, and its own `spec.verify`. What an enforced policy denies
 * counts for none of them.
 * @throws SealiftError KEY_INVALID, TRUST_INVALID, CONFIG_INVALID, OBJECT_NOT_FOUND, CONFIG_UNSUPPORTED: a requirement that cannot be
 * understood is never left out.
 */
export async function requirementsOf(
  source: OciRepository,
  desired: DesiredState,
  roots: TrustedRoots,
): Promise<Requirements> {
  const matching = desired.policies.filter((policy) => matches(policy, source));
  const requirements = await Promise.all([
    ...matching.map((policy) =>
      policyRequirement(policy, { desired, namespace: policy.metadata.namespace, roots }),
    ),
    ...(source.spec.verify === undefined
      ? []
      : [sourceRequirement(source, { desired, namespace: source.metadata.namespace, roots })]),
  ]);
  if (requirements.length > 0) return { kind: 'required', requirements: withDenials(requirements) };
  const policies = desired.policies.length;
  return policies > 0 ? { kind: 'no-match', policies } : { kind: 'not-required' };
}

/** A key that one policy denies would else go on counting for the next. What a policy in mode `warn` denies is denied to itself alone. */
function withDenials(requirements: readonly Requirement[]): readonly Requirement[] {
  const enforced = requirements.filter(({ mode }) => mode === 'enforce').flatMap(({ denials }) => denials);
  return requirements.map((requirement) => ({
    ...requirement,
    denials: [...new Set([...requirement.denials, ...enforced])],
  }));
}
