import type { SealiftError } from '../../core/index.ts';
import type { SignatureFormat } from '../evidence/candidate.ts';
import { type Examination, examine, type Finding, refusedFinding } from '../policy/examine.ts';
import type { Requirement } from '../policy/requirement.ts';
import { allHold } from '../policy/verdict.ts';
import type { Discovered, DiscoveryRequest } from './discovered.ts';
import { discover } from './discovery.ts';

/** What is to be found out, where, and by whose leave. */
export interface Question extends Pick<DiscoveryRequest, 'repository' | 'subject'> {
  readonly requirements: readonly Requirement[];
  /** The site's trusted now, in milliseconds since the epoch. */
  readonly now: number;
  /** Looks at everything there is, also when less would do: for whoever wants to see it. */
  readonly exhaustive?: boolean;
}

/**
 * Examines what is found until every requirement holds or nothing is left. What could not be read counts against nobody while the rest
 * suffices; when it does not, the failure is reported, since the missing signature may be the one that was unreachable.
 * @throws SealiftError REGISTRY_*, DIGEST_MISMATCH.
 */
export async function gatherFindings(question: Question, signal: AbortSignal): Promise<readonly Finding[]> {
  const { requirements, now, subject } = question;
  const { digest } = subject;
  const findings: Finding[] = [];
  let failure: SealiftError | undefined;
  for await (const discovered of discover(discoveryOf(question), signal)) {
    if (discovered.kind === 'unavailable') failure ??= discovered.error;
    else findings.push(findingOf(discovered, { requirements, digest, now }));
    if (!looksAtAll(question) && isEnough(requirements, findings, digest)) return findings;
  }
  if (failure !== undefined && !allHold(requirements, findings, digest)) throw failure;
  return findings;
}

function looksAtAll({ exhaustive = false, requirements }: Question): boolean {
  return exhaustive || requirements.some(comparesSignatures);
}

function discoveryOf(question: Question): DiscoveryRequest {
  const { repository, subject, requirements } = question;
  const formats = new Set<SignatureFormat>(requirements.flatMap((requirement) => requirement.formats));
  const predicateTypes = requirements.flatMap(({ attestations }) =>
    attestations.map(({ predicateType }) => predicateType),
  );
  return {
    repository,
    subject,
    formats,
    exhaustive: looksAtAll(question),
    ...(predicateTypes.length === 0 ? {} : { attestations: { predicateTypes } }),
  };
}

/** How fresh an artifact is, or that a site may go back to it, may be told by any of its signatures. */
function comparesSignatures({ freshness }: Requirement): boolean {
  const { order, expires, maxAge, audience } = freshness;
  return order !== 'none' || expires === 'required' || maxAge !== undefined || audience !== undefined;
}

/** A signature that states something may be followed by another that states it anew. */
function isEnough(
  requirements: readonly Requirement[],
  findings: readonly Finding[],
  digest: string,
): boolean {
  const states = findings.some(({ judgements }) =>
    judgements.some(
      (judgement) =>
        judgement.kind === 'examined' &&
        judgement.attempts.some(
          ({ result }) => result.kind === 'held' && Object.keys(result.signer.annotations).length > 0,
        ),
    ),
  );
  return !states && allHold(requirements, findings, digest);
}

function findingOf(
  discovered: Exclude<Discovered, { kind: 'unavailable' }>,
  examination: Examination,
): Finding {
  if (discovered.kind === 'candidate') return examine(discovered.candidate, examination);
  const { format, refusal } = discovered;
  return refusedFinding({ format, evidence: refusal.subject }, refusal, examination.requirements);
}
