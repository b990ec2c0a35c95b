import {
  checkedContent,
  type Descriptor,
  type ImageLayout,
  type ImageManifest,
  type Manifest,
  maxManifestBytes,
  OciError,
  parseDigest,
  parseManifest,
  type ReadStore,
  readAll,
  type Store,
} from 'oci-client-ts';
import type { ResolvedRevision } from '../../api/index.ts';
import type { ReadManifest, RecordingRepository } from './recording-repository.ts';

/** Suffixes of the tags under which cosign keeps what belongs to a digest. */
const suffixes = ['sig', 'att'] as const;

const evidenceTag = new RegExp(`^(sha\\d+)-([0-9a-f]+)\\.(?:${suffixes.join('|')})$`);

interface Kept {
  readonly resolved: ResolvedRevision;
  /** Digests of manifests, or of layers, that the verdict counted. */
  readonly evidence: ReadonlySet<string>;
}

/**
 * Keeps an accepted manifest in the local layout, and beside it what its verdict counted, findable as it was in the registry: by subject, or by
 * cosign's tag. @throws OciError.
 */
export async function keepEvidence(
  local: Store,
  recorded: RecordingRepository,
  { resolved, evidence }: Kept,
  signal: AbortSignal,
): Promise<void> {
  await local.push(resolved.manifest, resolved.content, { signal });
  for (const read of recorded.manifests) {
    const manifest = await manifestOf(recorded, read, signal);
    if (manifest?.kind !== 'image') continue;
    const layers = countedLayers(read, manifest, evidence);
    if (layers.length > 0) await keepOne(local, recorded, { ...read, layers }, signal);
  }
}

async function manifestOf(
  recorded: RecordingRepository,
  { descriptor }: ReadManifest,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const content = checkedContent(recorded.content(descriptor, { signal }), descriptor);
  try {
    return parseManifest(await readAll(content, maxManifestBytes, descriptor.digest), descriptor.mediaType);
  } catch (thrown) {
    // What is no manifest was no evidence either.
    if (thrown instanceof OciError && thrown.code === 'invalid') return undefined;
    throw thrown;
  }
}

function countedLayers(
  { descriptor }: ReadManifest,
  { layers }: ImageManifest,
  evidence: ReadonlySet<string>,
): readonly Descriptor[] {
  return evidence.has(descriptor.digest) ? layers : layers.filter(({ digest }) => evidence.has(digest));
}

interface Counted extends ReadManifest {
  readonly layers: readonly Descriptor[];
}

/** Layers first: a manifest that is there must not miss what was counted of it. */
async function keepOne(
  local: Store,
  recorded: RecordingRepository,
  { descriptor, layers, tag }: Counted,
  signal: AbortSignal,
): Promise<void> {
  const options = { signal };
  for (const layer of layers) await local.push(layer, recorded.content(layer, options), options);
  await local.push(descriptor, recorded.content(descriptor, options), options);
  const [ofEvidence] = evidenceTag.exec(tag ?? '') ?? [];
  if (ofEvidence !== undefined) await local.tag(descriptor, ofEvidence, options);
}

/** Digests of the manifests that hold evidence of a subject, as discovery would find them. @throws OciError. */
export async function listEvidence(
  repository: ReadStore,
  subject: Descriptor,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { digest } of repository.referrers(subject, { signal })) found.push(digest);
  const { algorithm, encoded } = parseDigest(subject.digest);
  for (const suffix of suffixes) {
    const tagged = await digestOf(repository, `${algorithm}-${encoded}.${suffix}`, signal);
    if (tagged !== undefined) found.push(`${suffix} ${tagged}`);
  }
  return found;
}

async function digestOf(
  repository: ReadStore,
  tag: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await repository.resolve(tag, { signal })).validator.digest;
  } catch (thrown) {
    if (thrown instanceof OciError && thrown.code === 'not-found') return undefined;
    throw thrown;
  }
}

/**
 * Takes cosign's tags away in the local layout that belong to other digests than these. What has a subject needs no such care: it is garbage
 * as soon as its subject is. @throws OciError.
 */
export async function forgetEvidence(layout: ImageLayout, inForce: ReadonlySet<string>): Promise<void> {
  const repositories = new Set(await layout.repositories());
  for (const name of await layout.names()) {
    const end = name.lastIndexOf(':');
    const repository = name.slice(0, Math.max(end, 0));
    const tag = name.slice(end + 1);
    const [ofEvidence, algorithm, encoded] = evidenceTag.exec(tag) ?? [];
    const isOver = ofEvidence !== undefined && !inForce.has(`${algorithm}:${encoded}`);
    if (isOver && repositories.has(repository)) await layout.repository(repository).untag(tag);
  }
}
