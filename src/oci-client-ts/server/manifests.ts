import { readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { createHasher, parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import { type Manifest, maxManifestBytes, parseManifest } from '../manifest.ts';
import { isNondistributable } from '../media-types.ts';
import { isTag } from '../name-grammar.ts';
import type { Resolution } from '../store.ts';
import { ApiError, refusing } from './api-error.ts';
import {
  bodyOf,
  checkAnnounced,
  type Endpoint,
  isKnown,
  type Registry,
  sendBody,
  sendEmpty,
  stopStallClock,
} from './exchange.ts';
import type { Route } from './route.ts';

type ManifestRoute = Extract<Route, { readonly kind: 'manifest' }>;

/** Tags one push may set through `?tag=`: each is a change of the index. */
const maxTags = 100;

async function resolve(
  { repository, reference }: ManifestRoute,
  { layout }: Registry,
): Promise<Extract<Resolution, { readonly kind: 'resolved' }>> {
  if (isDigest(reference)) parseDigestOf(reference);
  const found = await refusing(() => layout.repository(repository).resolve(reference), {
    'not-found': [404, 'MANIFEST_UNKNOWN'],
  }).catch((cause: unknown) => {
    // Content that does not match here is rotten on our disk, not wrong in the request.
    throw cause instanceof OciError ? new ApiError(500, 'UNKNOWN', 'internal error', { cause }) : cause;
  });
  if (found.kind === 'resolved') return found;
  throw new ApiError(404, 'MANIFEST_UNKNOWN', `${reference}: no such manifest`);
}

/** `Accept` is ignored: a digest names bytes of one type. */
export const getManifest: Endpoint<ManifestRoute> = async (exchange, route, registry) => {
  const { descriptor, content } = await resolve(route, registry);
  const { digest, mediaType } = descriptor;
  const headers = { 'docker-content-digest': digest, etag: `"${digest}"` };
  if (isKnown(exchange, digest)) sendEmpty(exchange, 304, headers);
  else sendBody(exchange, 200, { type: mediaType, content }, headers);
};

export const putManifest: Endpoint<ManifestRoute> = async (exchange, route, registry) => {
  const { repository, reference } = route;
  const tags = tagsOf(reference, exchange.query);
  checkAnnounced(exchange, maxManifestBytes);
  const content = await readAll(bodyOf(exchange), maxManifestBytes, reference);
  stopStallClock(exchange);
  const mediaType = exchange.request.headers['content-type']?.split(';')[0]?.trim();
  const manifest = await refusing(() => parseManifest(content, mediaType), {
    invalid: [400, 'MANIFEST_INVALID'],
    unsupported: [400, 'MANIFEST_INVALID'],
  });
  const digest = await refusing(() => digestOf(content, reference), { unsupported: [400, 'DIGEST_INVALID'] });
  await checkBlobs(manifest, registry);
  const descriptor = { mediaType: manifest.mediaType, digest, size: content.byteLength };
  const store = registry.layout.repository(repository);
  await store.push(descriptor, content);
  for (const tag of tags) await store.tag(descriptor, tag);
  sendEmpty(exchange, 201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(manifest.subject === undefined ? {} : { 'oci-subject': manifest.subject.digest }),
    ...(exchange.query.has('tag') ? { 'oci-tag': tags.join(', ') } : {}),
  });
};

function isDigest(reference: string): boolean {
  return reference.includes(':');
}

function tagsOf(reference: string, query: URLSearchParams): readonly string[] {
  const tags = isDigest(reference) ? [...new Set(query.getAll('tag'))] : [reference];
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw new ApiError(400, 'MANIFEST_INVALID', `${wrong.slice(0, 140)}: not a tag`);
  if (tags.length <= maxTags) return tags;
  throw new ApiError(414, 'UNSUPPORTED', `expected at most ${maxTags} tags, got ${tags.length}`);
}

function digestOf(content: Uint8Array, reference: string): string {
  const algorithm = isDigest(reference) ? parseDigestOf(reference) : 'sha256';
  const hasher = createHasher(algorithm);
  hasher.update(content);
  const digest = hasher.digest();
  if (!isDigest(reference) || digest === reference) return digest;
  throw new ApiError(400, 'DIGEST_INVALID', `${reference}: got content of digest ${digest}`);
}

function parseDigestOf(reference: string): string {
  try {
    return parseDigest(reference).algorithm;
  } catch (cause) {
    throw new ApiError(400, 'DIGEST_INVALID', `${reference.slice(0, 140)}: not a digest`, { cause });
  }
}

/** Children of an index and the subject may come later, or never. */
async function checkBlobs(manifest: Manifest, { layout }: Registry): Promise<void> {
  const blobs: readonly Descriptor[] = manifest.kind === 'image' ? [manifest.config, ...manifest.layers] : [];
  for (const { digest, size, mediaType } of blobs) {
    const found = await layout.blobs.size(digest);
    // Renewed, so that it is not collected before the manifest names it.
    if (found === size && (await layout.blobs.renew(digest))) continue;
    if (found === undefined && isNondistributable(mediaType)) continue;
    const got = found === undefined ? 'none' : `one of ${found} bytes`;
    throw new ApiError(
      400,
      'MANIFEST_BLOB_UNKNOWN',
      `${digest}: expected a blob of ${size} bytes, got ${got}`,
    );
  }
}

export const deleteManifest: Endpoint<ManifestRoute> = async (exchange, route, registry) => {
  const store = registry.layout.repository(route.repository);
  if (isDigest(route.reference)) {
    const { descriptor } = await resolve(route, registry);
    await store.delete(descriptor);
  } else if (!(await store.untag(route.reference))) {
    throw new ApiError(404, 'MANIFEST_UNKNOWN', `${route.reference.slice(0, 140)}: no such tag`);
  }
  sendEmpty(exchange, 202);
};
