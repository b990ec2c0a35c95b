import { checkedContent, readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { createHasher, parseDigest } from '../digest.ts';
import { isWrongContent, OciError } from '../errors.ts';
import { type Manifest, maxManifestBytes, parseManifest } from '../manifest.ts';
import type { Answer } from './answer.ts';
import { contentType } from './content-type.ts';
import { acceptManifests, contentPath, type Endpoint, manifestPath } from './endpoint.ts';

export interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
  readonly manifest: Manifest;
  readonly etag?: string;
  /** What the registry says its digest is; a hint about its manners, nothing is built on it. */
  readonly named: string | undefined;
}

/** RFC 9110 section 8.8.3; 256 characters hold a quoted sha512 and more. What is not of this form is neither kept nor sent. */
const etagGrammar = /^(?:W\/)?"[\x21\x23-\x7e]{1,256}"$/;

/** Whether a text may be kept and sent as an entity tag. */
export function isEtag(text: string): boolean {
  return etagGrammar.test(text);
}

/**
 * The manifest under a tag or digest. Its digest is computed from the bytes that came; what headers say about it is not read.
 * @throws OciError `not-found`, `digest-mismatch`, `too-large`, `invalid`, and transport codes.
 */
export function getManifest(
  endpoint: Endpoint,
  reference: string,
  options: { readonly signal: AbortSignal | undefined; readonly etag?: undefined },
): Promise<FoundManifest>;
export function getManifest(
  endpoint: Endpoint,
  reference: string,
  options: { readonly signal: AbortSignal | undefined; readonly etag?: string | undefined },
): Promise<FoundManifest | 'not-modified'>;
export function getManifest(
  endpoint: Endpoint,
  reference: string,
  { signal, etag }: { readonly signal: AbortSignal | undefined; readonly etag?: string | undefined },
): Promise<FoundManifest | 'not-modified'> {
  const call = {
    method: 'GET',
    to: manifestPath(reference),
    headers: { accept: acceptManifests, ...(etag === undefined ? {} : { 'if-none-match': etag }) },
    subject: endpoint.name(reference),
    signal,
  } as const;
  return endpoint.request(call, async (answer) => {
    await answer.expect(...(etag === undefined ? [200] : [200, 304]));
    return answer.status === 304 ? 'not-modified' : manifestIn(answer, reference, call.subject);
  });
}

/**
 * The bytes of a manifest, all of them checked before the first is handed on: so a cut is tried again, and a mirror that has others passed over.
 * @throws OciError `not-found`, `digest-mismatch`, `size-mismatch`, `too-large`, and transport codes.
 */
export async function readManifest(
  endpoint: Endpoint,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { size } = descriptor;
  const subject = endpoint.name(descriptor.digest);
  if (size > maxManifestBytes) {
    throw new OciError('too-large', subject, `expected at most ${maxManifestBytes} bytes, got ${size}`);
  }
  const to = contentPath(descriptor);
  const call = { method: 'GET', to, headers: { accept: acceptManifests }, subject, signal } as const;
  return endpoint.request(call, async (answer) => {
    await answer.expect(200);
    return believed(answer, readAll(checkedContent(answer.chunks(), descriptor), size, subject));
  });
}

/** Whoever gave content that is not what was asked for is told from whoever could not be reached. */
async function believed<T>(answer: Answer, reading: Promise<T>): Promise<T> {
  return reading.catch((error: unknown) => {
    if (error instanceof OciError && isWrongContent(error.code)) answer.distrust();
    throw error;
  });
}

/** The manifest that an answer brings for a tag or digest. @throws OciError, as `getManifest`. */
export function manifestIn(answer: Answer, reference: string, subject: string): Promise<FoundManifest> {
  return believed(answer, parseAnswer(answer, reference, subject));
}

async function parseAnswer(answer: Answer, reference: string, subject: string): Promise<FoundManifest> {
  const content = await readAll(answer.chunks(), maxManifestBytes, subject);
  const byDigest = reference.includes(':');
  const hasher = createHasher(byDigest ? parseDigest(reference).algorithm : 'sha256');
  hasher.update(content);
  const digest = hasher.digest();
  if (byDigest && digest !== reference) {
    throw new OciError('digest-mismatch', subject, `expected content of this digest, got ${digest}`);
  }
  const manifest = parse(content, contentType(answer), subject);
  const etag = answer.header('etag');
  return {
    descriptor: { mediaType: manifest.mediaType, digest, size: content.byteLength },
    content,
    manifest,
    named: answer.header('docker-content-digest'),
    ...(etag !== undefined && isEtag(etag) ? { etag } : {}),
  };
}

function parse(content: Uint8Array, mediaType: string | undefined, subject: string): Manifest {
  try {
    return parseManifest(content, mediaType);
  } catch (cause) {
    if (cause instanceof OciError) throw new OciError(cause.code, subject, cause.message, { cause });
    throw cause;
  }
}
