import type { SealiftError } from '../../core/index.ts';
import type { Requirement } from '../policy/authorities.ts';
import { examine, type Finding, refusedFinding } from '../policy/examine.ts';
import { allHold } from '../policy/verdict.ts';
import type { SignatureFormat } from '../proof/authority.ts';
import type { Discovered, DiscoveryRequest } from './discovered.ts';
import { discover } from './discovery.ts';

/**
 * Examines what is found until every requirement holds or nothing is left. What could not be read counts against nobody while the rest
 * suffices; when it does not, the failure is reported, since the missing signature may be the one that was unreachable.
 * @throws SealiftError REGISTRY_*, DIGEST_MISMATCH.
 */
export async function gatherFindings(
  { repository, subject }: Omit<DiscoveryRequest, 'formats'>,
  requirements: readonly Requirement[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const formats = new Set<SignatureFormat>(requirements.flatMap((requirement) => requirement.formats));
  const findings: Finding[] = [];
  let failure: SealiftError | undefined;
  for await (const discovered of discover({ repository, subject, formats }, signal)) {
    if (discovered.kind === 'unavailable') failure ??= discovered.error;
    else findings.push(findingOf(discovered, requirements, subject.digest));
    if (allHold(requirements, findings)) return findings;
  }
  if (failure !== undefined) throw failure;
  return findings;
}

function findingOf(
  discovered: Exclude<Discovered, { kind: 'unavailable' }>,
  requirements: readonly Requirement[],
  digest: string,
): Finding {
  return discovered.kind === 'refused'
    ? refusedFinding(discovered.format, discovered.refusal, requirements)
    : examine(discovered.candidate, requirements, digest);
}
