import { OciError } from '../errors.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { manifestPath } from './endpoint.ts';

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

/** Stores a manifest. @throws OciError `digest-mismatch` when the registry says it stored something else, `unsupported` for a refused type. */
export function putManifest(endpoint: Endpoint, upload: ManifestUpload): Promise<StoredManifest> {
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
