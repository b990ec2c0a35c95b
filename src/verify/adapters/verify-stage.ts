import { createHasher, type Descriptor, parseDigest, type ReadStore } from 'oci-client-ts';
import {
  asRegistryError,
  type DesiredState,
  type OciRepository,
  type ResolvedRevision,
  sourceText,
  type Verdict,
} from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { requirementsOf } from '../policy/authorities.ts';
import { refuseDenied } from '../policy/denied-artifact.ts';
import { refuse } from '../policy/refuse.ts';
import { reportOn, type VerificationReport } from '../policy/report.ts';
import type { Requirement } from '../policy/requirement.ts';
import type { TrustedRoots } from '../policy/trusted-roots.ts';
import { decideVerdict } from '../policy/verdict.ts';
import { gatherFindings } from './gather.ts';

/** Opens the repository that a source polls. */
export type OpenSource = (source: OciRepository, desired: DesiredState) => ReadStore | Promise<ReadStore>;

interface VerifyRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  readonly resolved: ResolvedRevision;
}

export interface VerifyStage {
  verify(request: VerifyRequest, signal: AbortSignal): Promise<Verdict>;
}

/** What a stage judges with. */
export interface VerifyPorts {
  readonly openRepository: OpenSource;
  /** Where trusted roots come from; without it, policies that need one are refused. */
  readonly roots?: TrustedRoots;
  /** The site's trusted now, in milliseconds since the epoch: the clock's, where nobody keeps a better one. */
  readonly now?: () => number;
}

/** A verdict, and how it came about. */
export interface Explanation {
  readonly verdict: Verdict;
  /** Absent where nothing was asked. */
  readonly report?: VerificationReport;
}

/**
 * Judges a manifest digest by the policies that match its source and by `spec.verify`. A refusal is a value. Rejects with SealiftError when
 * no judgement is possible: REGISTRY_*, DIGEST_MISMATCH, KEY_INVALID, TRUST_INVALID, CONFIG_INVALID, OBJECT_NOT_FOUND, CONFIG_UNSUPPORTED.
 */
export function createVerifyStage(ports: VerifyPorts): VerifyStage {
  return {
    verify: async (request, signal) => (await judge(ports, request, { signal, exhaustive: false })).verdict,
  };
}

/**
 * Judges as the stage does, looks at everything there is, and tells what it found. Rejects as the stage does.
 */
export function explainVerdict(
  ports: VerifyPorts,
  request: VerifyRequest,
  signal: AbortSignal,
): Promise<Explanation> {
  return judge(ports, request, { signal, exhaustive: true });
}

interface Thoroughness {
  readonly signal: AbortSignal;
  readonly exhaustive: boolean;
}

async function judge(
  { openRepository, roots = noRoots, now = Date.now }: VerifyPorts,
  { source, desired, resolved }: VerifyRequest,
  { signal, exhaustive }: Thoroughness,
): Promise<Explanation> {
  const { digest } = resolved.manifest;
  const denied = exhaustive ? undefined : refuseDenied(source, desired, digest);
  if (denied !== undefined) return { verdict: denied };
  const required = await requirementsOf(source, desired, roots);
  switch (required.kind) {
    case 'not-required':
      return { verdict: { kind: 'not-required', digest } };
    case 'no-match': {
      const subject = sourceText(source.metadata);
      const detail = `expected a policy that matches ${source.spec.url}, got ${required.policies} that do not`;
      return { verdict: refuse(digest, [{ code: 'POLICY_NO_MATCH', subject, detail }]) };
    }
    case 'required': {
      refuseOtherContent(resolved);
      const { requirements } = required;
      const open = () => openSource(openRepository, source, desired);
      const question = { subject: subjectOf(resolved), requirements, now: now(), exhaustive };
      const findings = asksForEvidence(requirements)
        ? await gatherFindings({ ...question, repository: await open() }, signal)
        : [];
      return {
        verdict: decideVerdict(digest, requirements, findings),
        report: reportOn(digest, requirements, findings),
      };
    }
  }
}

/** What lets the unsigned through, and asks for nothing attested, reads nothing. */
function asksForEvidence(requirements: readonly Requirement[]): boolean {
  return requirements.some(({ threshold, attestations }) => threshold + attestations.length > 0);
}

const noRoots: TrustedRoots = {
  open: async (wanted) => {
    const subject = wanted.kind === 'stored' ? `trusted root ${wanted.name}` : wanted.subject;
    throw new SealiftError('OBJECT_NOT_FOUND', subject, 'expected a store of trusted roots, got none');
  },
};

async function openSource(
  openRepository: OpenSource,
  source: OciRepository,
  desired: DesiredState,
): Promise<ReadStore> {
  try {
    return await openRepository(source, desired);
  } catch (thrown) {
    throw asRegistryError(thrown, source.spec.url);
  }
}

function subjectOf({ manifest: { mediaType, digest }, content }: ResolvedRevision): Descriptor {
  return { mediaType, digest, size: content.byteLength };
}

/** The verdict is about the bytes at hand, so their digest is computed here once more, whoever hands them in. */
function refuseOtherContent({ manifest, content }: ResolvedRevision): void {
  const found = digestLike(manifest.digest, content);
  if (found !== manifest.digest) {
    throw new SealiftError(
      'DIGEST_MISMATCH',
      manifest.digest,
      `expected content of this digest, got ${found}`,
    );
  }
}

function digestLike(digest: string, content: Uint8Array): string {
  try {
    const hasher = createHasher(parseDigest(digest).algorithm);
    hasher.update(content);
    return hasher.digest();
  } catch (thrown) {
    throw asRegistryError(thrown, digest);
  }
}
