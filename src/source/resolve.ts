import { parseDigest, type ReadStore, type Validator } from 'oci-client-ts';
import {
  asRegistryError,
  type DesiredState,
  type OciRepository,
  type ResolvedRevision,
} from '../api/index.ts';
import { SealiftError } from '../core/index.ts';
import { newestVersion } from './newest-version.ts';
import type { OpenRepository } from './open-repository.ts';
import { revisionOf, type SelectedReference, selectedReference } from './selected-reference.ts';

/** Tags read for a semver range; a repository that has more needs a `semverFilter` at the publisher, not memory here. */
const maxTags = 50_000;

interface ResolveRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  readonly known?: Validator;
}

type ResolveOutcome =
  | { readonly kind: 'unchanged'; readonly validator: Validator }
  | { readonly kind: 'resolved'; readonly resolved: ResolvedRevision; readonly validator: Validator };

async function listTags(repository: ReadStore, url: string, signal: AbortSignal): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of repository.tags({ signal })) {
    if (tags.length === maxTags) {
      throw new SealiftError('CONTENT_TOO_LARGE', url, `expected at most ${maxTags} tags`);
    }
    tags.push(tag);
  }
  return tags;
}

/** @throws SealiftError REFERENCE_INVALID: what cannot be a digest is no fault of the registry. */
function requireDigest(text: string): string {
  try {
    parseDigest(text);
    return text;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new SealiftError('REFERENCE_INVALID', 'spec.ref.digest', detail, { cause });
  }
}

async function tagOf(
  selected: SelectedReference,
  repository: ReadStore,
  url: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (selected.kind) {
    case 'digest':
      return undefined;
    case 'tag':
      return selected.tag;
    case 'semver':
      return newestVersion(await listTags(repository, url, signal), selected.range, selected.filter);
  }
}

async function resolveSource(
  open: OpenRepository,
  { source, desired, known }: ResolveRequest,
  signal: AbortSignal,
): Promise<ResolveOutcome> {
  const { url, ref } = source.spec;
  const repository = await open(source, desired);
  const selected = selectedReference(ref);
  const tag = await tagOf(selected, repository, url, signal);
  const reference = selected.kind === 'digest' ? requireDigest(selected.digest) : (tag ?? 'latest');
  const resolution = await repository.resolve(reference, {
    signal,
    ...(known === undefined ? {} : { known }),
  });
  if (resolution.kind === 'unchanged') return resolution;
  const { descriptor, content, validator } = resolution;
  const revision = revisionOf(tag, descriptor.digest);
  return { kind: 'resolved', resolved: { revision, manifest: descriptor, content }, validator };
}

/** Resolves what an OCIRepository names, once per poll: one conditional request when nothing changed. */
export function createResolveStage(open: OpenRepository): {
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<ResolveOutcome>;
} {
  return {
    async resolve(request, signal) {
      try {
        return await resolveSource(open, request, signal);
      } catch (thrown) {
        throw asRegistryError(thrown, request.source.spec.url);
      }
    },
  };
}
