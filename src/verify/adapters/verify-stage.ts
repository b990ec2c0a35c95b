import { createHasher, type Descriptor, parseDigest, type ReadStore } from 'oci-client-ts';
import {
  asRegistryError,
  type DesiredState,
  type OciRepository,
  type ResolvedRevision,
  type Verdict,
} from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { requirementsOf } from '../policy/authorities.ts';
import { decideVerdict, refuse } from '../policy/verdict.ts';
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

/**
 * Judges a manifest digest by the policies that match its source and by `spec.verify`. A refusal is a value. Rejects with SealiftError when
 * no judgement is possible: REGISTRY_*, DIGEST_MISMATCH, KEY_INVALID, OBJECT_NOT_FOUND, CONFIG_UNSUPPORTED.
 */
export function createVerifyStage({ openRepository }: { readonly openRepository: OpenSource }): VerifyStage {
  return {
    verify: async ({ source, desired, resolved }, signal) => {
      const { digest } = resolved.manifest;
      const required = await requirementsOf(source, desired);
      const subject = `OCIRepository/${source.metadata.namespace}/${source.metadata.name}`;
      switch (required.kind) {
        case 'not-required':
          return { kind: 'not-required', digest };
        case 'no-match': {
          const detail = `expected a policy that matches ${source.spec.url}, got ${required.policies} that do not`;
          return refuse(digest, [{ code: 'POLICY_NO_MATCH', subject, detail }]);
        }
        case 'required': {
          refuseOtherContent(resolved);
          const repository = await open(openRepository, source, desired);
          const findings = await gatherFindings(
            { repository, subject: subjectOf(resolved) },
            required.requirements,
            signal,
          );
          return decideVerdict(digest, required.requirements, findings);
        }
      }
    },
  };
}

async function open(
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
