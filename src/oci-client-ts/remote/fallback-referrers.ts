import type { Descriptor } from '../descriptor.ts';
import { sha256 } from '../digest.ts';
import { OciError } from '../errors.ts';
import { fallbackTag } from '../fallback-tag.ts';
import { mediaTypes } from '../media-types.ts';
import type { Operation } from '../store.ts';
import type { Endpoint } from './endpoint.ts';
import { withEntry, withoutEntry } from './fallback-index.ts';
import { putManifest } from './manifest-upload.ts';
import { type FoundManifest, getManifest } from './manifests.ts';

/** Somebody else may write the list between our reading and our writing; with entity tags we notice, and read again. */
const maxRounds = 6;
const raceDelayMs = 100;

/** The list that clients keep under the fallback tag; absent when there is none. @throws OciError when it could not be read. */
export async function readFallback(
  endpoint: Endpoint,
  subject: string,
  { signal }: Operation,
): Promise<FoundManifest | undefined> {
  const tag = fallbackTag(subject);
  let found: FoundManifest;
  try {
    found = await getManifest(endpoint, tag, { signal });
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return undefined;
    throw error;
  }
  // Some registries resolve the tag to the digest in its name: then the subject itself comes back, and nobody keeps a list.
  if (found.descriptor.digest === subject) return undefined;
  if (found.manifest.kind !== 'index') {
    throw new OciError(
      'protocol',
      endpoint.name(tag),
      `expected an index of referrers, got ${found.manifest.mediaType}`,
    );
  }
  return found;
}

/** Adds a manifest to the list of its subject's referrers, once. */
export function listInFallback(
  endpoint: Endpoint,
  subject: string,
  entry: Descriptor,
  options: Operation,
): Promise<void> {
  return rewrite(endpoint, subject, options, (index) => withEntry(index, entry));
}

/** Removes a manifest from the list of its subject's referrers, if there is one. */
export function unlistInFallback(
  endpoint: Endpoint,
  subject: string,
  digest: string,
  options: Operation,
): Promise<void> {
  return rewrite(endpoint, subject, options, (index) =>
    index === undefined ? undefined : withoutEntry(index, digest),
  );
}

/** Reads again after writing: a writer that knows no entity tags, or a registry that ignores them, may have put another list over ours. */
async function rewrite(
  endpoint: Endpoint,
  subject: string,
  options: Operation,
  change: (index: Uint8Array | undefined) => Uint8Array | undefined,
): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  for (let round = 0; round <= maxRounds; round += 1) {
    // Whoever read before our writing has written by now, and two writers that met once do not meet again.
    if (round > 0) await endpoint.clock.sleep((1 + endpoint.retrying.jitter.next()) * raceDelayMs, signal);
    const found = await readFallback(endpoint, subject, options);
    const content = change(found?.content);
    if (content === undefined) return;
    if (round < maxRounds) await tryToPut(endpoint, subject, { content, found, signal });
  }
  throw new OciError(
    'server-error',
    endpoint.name(fallbackTag(subject)),
    `expected the list of referrers as written, got another one ${maxRounds} times`,
  );
}

async function tryToPut(endpoint: Endpoint, subject: string, next: NextList): Promise<void> {
  try {
    await putFallback(endpoint, subject, next);
  } catch (error) {
    if (!isLostRace(error)) throw error;
  }
}

interface NextList {
  readonly content: Uint8Array;
  readonly found: FoundManifest | undefined;
  readonly signal: AbortSignal;
}

async function putFallback(endpoint: Endpoint, subject: string, next: NextList): Promise<void> {
  const { content, found, signal } = next;
  await putManifest(endpoint, {
    reference: fallbackTag(subject),
    mediaType: found?.descriptor.mediaType ?? mediaTypes.ociIndex,
    content,
    digest: sha256(content),
    ifMatch: strongEtag(found?.etag),
    signal,
  });
}

/** A condition on a weak tag never holds (RFC 9110 section 13.1.1): such a list is written without, and read again as ever. */
function strongEtag(etag: string | undefined): string | undefined {
  return etag?.startsWith('W/') ? undefined : etag;
}

function isLostRace(error: unknown): boolean {
  return error instanceof OciError && error.details.status === 412;
}
