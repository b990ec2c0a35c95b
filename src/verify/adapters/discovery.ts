import { type Descriptor, type ImageManifest, OciError, parseDigest, type ReadStore } from 'oci-client-ts';
import { asRegistryError, type Refusal } from '../../api/index.ts';
import type { SealiftError } from '../../core/index.ts';
import type { UnverifiedCandidate } from '../evidence/candidate.ts';
import {
  bundleTypePrefix,
  legacyArtifactType,
  maxCandidates,
  selectBundles,
  selectLegacy,
} from '../evidence/referrer-selection.ts';
import { Refused } from '../evidence/refused.ts';
import {
  artifactTypeOf,
  bundleLayer,
  readSignatureManifest,
  refuseOtherSubject,
} from '../evidence/signature-manifest.ts';
import type { SignatureFormat } from '../proof/authority.ts';
import { attempt, checkedRead, type Read } from './checked-read.ts';

/** A signature manifest names a handful of layers; cosign's grow with every signature. Smaller than the cap on manifests in general. */
export const maxManifestBytes: number = 1024 * 1024;

/** A keyless bundle with log entries and timestamps has 10 KiB. */
const maxBundleBytes = 256 * 1024;

/** A simple-signing payload has 300 bytes, and more only by annotations. */
const maxPayloadBytes = 64 * 1024;

/** Referrers of any kind that are listed; beyond it signatures may be missed, which refuses, never accepts. */
const maxListed = 1024;

/** Something that was found. Whatever it is, it proves nothing until it is examined. */
export type Discovered =
  | { readonly kind: 'candidate'; readonly candidate: UnverifiedCandidate }
  | { readonly kind: 'refused'; readonly format: SignatureFormat; readonly refusal: Refusal }
  | { readonly kind: 'unavailable'; readonly error: SealiftError };

export interface DiscoveryRequest {
  readonly repository: ReadStore;
  /** The artifact's manifest. */
  readonly subject: Descriptor;
  readonly formats: ReadonlySet<SignatureFormat>;
}

type Discovery = AsyncGenerator<Discovered, void, undefined>;

/**
 * Finds what may be signatures of an artifact: bundles first, then legacy signatures, each only where a requirement asks for the format.
 * Nothing is fetched before it is asked for, so who has seen enough stops.
 * @throws SealiftError REGISTRY_* when the registry could not be asked what there is: an outage is never "unsigned".
 */
export async function* discover(request: DiscoveryRequest, signal: AbortSignal): Discovery {
  const listing = await listReferrers(request, signal);
  if (request.formats.has('bundle')) yield* discoverBundles(request, listing, signal);
  if (request.formats.has('legacy')) yield* discoverLegacy(request, listing, signal);
}

async function listReferrers(
  { repository, subject }: DiscoveryRequest,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const listing: Descriptor[] = [];
  try {
    for await (const descriptor of repository.referrers(subject, { signal })) {
      listing.push(descriptor);
      if (listing.length >= maxListed) break;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw asRegistryError(thrown, `referrers of ${subject.digest}`);
  }
  return listing;
}

async function* discoverBundles(
  request: DiscoveryRequest,
  listing: readonly Descriptor[],
  signal: AbortSignal,
): Discovery {
  const { chosen, omitted } = selectBundles(listing);
  for (const descriptor of chosen) {
    const manifest = await readReferrer(request, descriptor, signal);
    if (manifest.kind !== 'read') yield unread('bundle', descriptor.digest, manifest);
    else if (artifactTypeOf(manifest.value).startsWith(bundleTypePrefix)) {
      yield await readBundle(request, { evidence: descriptor.digest, manifest: manifest.value }, signal);
    }
  }
  if (omitted > 0) yield tooMany('bundle', request.subject, omitted);
}

async function* discoverLegacy(
  request: DiscoveryRequest,
  listing: readonly Descriptor[],
  signal: AbortSignal,
): Discovery {
  const { chosen, omitted } = selectLegacy(listing);
  for (const descriptor of chosen) {
    const manifest = await readReferrer(request, descriptor, signal);
    if (manifest.kind !== 'read') yield unread('legacy', descriptor.digest, manifest);
    else if (artifactTypeOf(manifest.value) === legacyArtifactType) {
      yield* readLayers(request, manifest.value, signal);
    }
  }
  if (omitted > 0) yield tooMany('legacy', request.subject, omitted);
  const tagged = await readSignatureTag(request, signal);
  if (tagged.kind !== 'read') yield unread('legacy', request.subject.digest, tagged);
  else if (tagged.value !== undefined) yield* readLayers(request, tagged.value, signal);
}

/** An entry listed without type is read once for each format, and counts for the one that its manifest names. */
async function readReferrer(
  { repository, subject }: DiscoveryRequest,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Read<ImageManifest>> {
  const content = await checkedRead({ repository, descriptor, limit: maxManifestBytes }, signal);
  if (content.kind !== 'read') return content;
  return attempt(descriptor.digest, signal, async () => {
    const manifest = readSignatureManifest(content.value, descriptor.mediaType);
    refuseOtherSubject(manifest, subject);
    return manifest;
  });
}

async function readBundle(
  { repository }: DiscoveryRequest,
  { evidence, manifest }: { readonly evidence: string; readonly manifest: ImageManifest },
  signal: AbortSignal,
): Promise<Discovered> {
  const layer = await attempt(evidence, signal, async () => bundleLayer(manifest));
  if (layer.kind !== 'read') return unread('bundle', evidence, layer);
  const content = await checkedRead({ repository, descriptor: layer.value, limit: maxBundleBytes }, signal);
  if (content.kind !== 'read') return unread('bundle', evidence, content);
  return { kind: 'candidate', candidate: { format: 'bundle', evidence, content: content.value } };
}

async function* readLayers(
  { repository, subject }: DiscoveryRequest,
  { layers }: ImageManifest,
  signal: AbortSignal,
): Discovery {
  for (const layer of layers.slice(0, maxCandidates)) {
    const { mediaType, annotations = {}, digest: evidence } = layer;
    const content = await checkedRead({ repository, descriptor: layer, limit: maxPayloadBytes }, signal);
    if (content.kind !== 'read') yield unread('legacy', evidence, content);
    else {
      const candidate = {
        format: 'legacy',
        evidence,
        content: content.value,
        mediaType,
        annotations,
      } as const;
      yield { kind: 'candidate', candidate };
    }
  }
  if (layers.length > maxCandidates) yield tooMany('legacy', subject, layers.length - maxCandidates);
}

/**
 * The manifest under cosign's tag for this digest, if there is one. The tag is anybody's to move: it only says where to look.
 * https://github.com/sigstore/cosign/blob/v3.0.0/specs/SIGNATURE_SPEC.md
 */
async function readSignatureTag(
  { repository, subject }: DiscoveryRequest,
  signal: AbortSignal,
): Promise<Read<ImageManifest | undefined>> {
  const { algorithm, encoded } = parseDigest(subject.digest);
  const tag = `${algorithm}-${encoded}.sig`;
  return attempt(tag, signal, async () => {
    const found = await resolveTag(repository, tag, signal);
    return found === undefined ? undefined : readSignatureManifest(found.content, found.mediaType);
  });
}

async function resolveTag(
  repository: ReadStore,
  tag: string,
  signal: AbortSignal,
): Promise<{ readonly content: Uint8Array; readonly mediaType: string } | undefined> {
  try {
    const resolution = await repository.resolve(tag, { signal });
    if (resolution.kind === 'unchanged')
      throw new OciError('protocol', tag, 'expected content, got "unchanged"');
    const { content, descriptor } = resolution;
    if (content.byteLength > maxManifestBytes) {
      throw new Refused(
        'SIGNATURE_MALFORMED',
        `expected at most ${maxManifestBytes} bytes, got ${content.byteLength}`,
      );
    }
    return { content, mediaType: descriptor.mediaType };
  } catch (thrown) {
    if (thrown instanceof OciError && thrown.code === 'not-found') return undefined;
    throw thrown;
  }
}

function unread(
  format: SignatureFormat,
  subject: string,
  read: Exclude<Read<unknown>, { kind: 'read' }>,
): Discovered {
  if (read.kind === 'unavailable') return { kind: 'unavailable', error: read.error };
  const { code, message: detail } = read.refused;
  return { kind: 'refused', format, refusal: { code, subject, detail } };
}

function tooMany(format: SignatureFormat, { digest }: Descriptor, omitted: number): Discovered {
  const detail = `expected at most ${maxCandidates} candidates of format ${format}, got ${omitted} more that were not looked at`;
  return { kind: 'refused', format, refusal: { code: 'CONTENT_TOO_LARGE', subject: digest, detail } };
}
