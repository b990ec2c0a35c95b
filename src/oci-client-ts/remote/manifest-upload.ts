import { OciError } from '../errors.ts';
import { parseManifest } from '../manifest.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { manifestPath } from './endpoint.ts';
import { printable } from './printable.ts';

export interface ManifestUpload {
  /** Tag or digest. */
  readonly reference: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
  /** Digest of the content. */
  readonly digest: string;
  /** Only when what is there still bears this entity tag. */
  readonly ifMatch?: string | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface StoredManifest {
  /** True when the registry said that it lists the manifest as a referrer of its subject. */
  readonly listed: boolean;
}

/** Some registries refuse a good manifest now and then, when others are written at the same time. */
const maxInvalid = 3;
const invalidDelayMs = 200;

/** Stores a manifest. @throws OciError `digest-mismatch` when the registry says it stored something else, `unsupported` for a refused type. */
export async function putManifest(endpoint: Endpoint, upload: ManifestUpload): Promise<StoredManifest> {
  const signal = upload.signal ?? new AbortController().signal;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putOnce(endpoint, upload);
    } catch (error) {
      const refusal = refusalIn(error, upload);
      if (refusal.code !== 'invalid' || attempt >= maxInvalid) throw refusal;
      await endpoint.clock.sleep(endpoint.retrying.jitter.next() * invalidDelayMs * attempt, signal);
    }
  }
}

/** The error, told with the types that may be its reason. @throws whatever else it was. */
function refusalIn(error: unknown, upload: ManifestUpload): OciError {
  if (error instanceof OciError && isRefusal(error)) return withTypes(error, upload);
  throw error;
}

/** The registry does not like what is in the manifest. */
function isRefusal({ code, details }: OciError): boolean {
  return details.registryCode === 'MANIFEST_INVALID' || (code === 'unsupported' && details.status === 415);
}

/** Several registries take manifests of certain types alone, and do not say which they mean. */
function withTypes(error: OciError, { mediaType, content }: ManifestUpload): OciError {
  const manifest = parseManifest(content, mediaType);
  const config = manifest.kind === 'image' ? manifest.config.mediaType : undefined;
  const types = [manifest.artifactType, config, manifest.mediaType].filter((type) => type !== undefined);
  const said = error.message.slice(error.subject.length + 2);
  const detail = `${said}; its types are ${printable(types.join(', '))}`;
  return new OciError(error.code, error.subject, detail, { cause: error, details: error.details });
}

function putOnce(endpoint: Endpoint, upload: ManifestUpload): Promise<StoredManifest> {
  const { reference, mediaType, content, digest, ifMatch, signal } = upload;
  const subject = endpoint.name(reference);
  const call: Call = {
    method: 'PUT',
    to: manifestPath(reference),
    rights: ['pull', 'push'],
    headers: { 'content-type': mediaType, ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) },
    body: { kind: 'bytes', bytes: content },
    subject,
    signal,
  };
  return endpoint.request(call, async (answer) => {
    await answer.expect(201, 200, 202);
    const stored = answer.header('docker-content-digest');
    if (stored !== undefined && sameAlgorithm(stored, digest) && stored !== digest) {
      throw new OciError(
        'digest-mismatch',
        subject,
        `expected to store ${digest}, got ${stored.slice(0, 140)} stored`,
      );
    }
    return { listed: answer.header('oci-subject') !== undefined };
  });
}

/** A registry may name the same content by an algorithm of its own. */
function sameAlgorithm(one: string, other: string): boolean {
  return one.split(':')[0] === other.split(':')[0];
}
