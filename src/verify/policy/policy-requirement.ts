import { policyName, type VerificationPolicy } from '../../api/index.ts';
import type { Authority } from '../proof/authority.ts';
import { readDenial } from './denial.ts';
import { readAuthority } from './read-authority.ts';
import type { AttestationRequirement, Requirement } from './requirement.ts';
import { compileRule } from './rule.ts';
import { thresholdOf } from './threshold.ts';
import type { TrustMaterial } from './trust-material.ts';

/** What a policy asks. @throws SealiftError KEY_INVALID, TRUST_INVALID, CONFIG_INVALID, OBJECT_NOT_FOUND. */
export async function policyRequirement(
  { metadata, spec }: VerificationPolicy,
  material: TrustMaterial,
): Promise<Requirement> {
  const name = policyName({ metadata });
  const authorities = await Promise.all(
    spec.authorities.map((authority) =>
      readAuthority(
        {
          authority,
          name: `${metadata.name}/${authority.name}`,
          subject: `${name} authority ${authority.name}`,
        },
        material,
      ),
    ),
  );
  const named = new Map(spec.authorities.map((authority, at) => [authority.name, authorities[at]]));
  return {
    name,
    mode: spec.mode,
    formats: spec.formats,
    authorities,
    threshold: thresholdOf(spec),
    attestations: await Promise.all(
      spec.attestations.map((attestation) => attestationRequirement(attestation, name, named)),
    ),
    denials: [await readDenial(name, spec.deny)],
    freshness: spec.freshness,
    notes: [],
  };
}

async function attestationRequirement(
  { name, predicateType, authorities, rules }: VerificationPolicy['spec']['attestations'][number],
  policy: string,
  named: ReadonlyMap<string, Authority | undefined>,
): Promise<AttestationRequirement> {
  const chosen = (authorities ?? [...named.keys()]).map((authority) => named.get(authority));
  return {
    name,
    predicateType,
    authorities: chosen.filter((authority) => authority !== undefined),
    rules: await Promise.all(
      rules.map((rule, at) => compileRule(rule, `${policy} attestation ${name} rules[${at}].cel`)),
    ),
  };
}
