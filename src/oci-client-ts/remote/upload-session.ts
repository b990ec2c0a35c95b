import { OciError } from '../errors.ts';
import { mediaTypes } from '../media-types.ts';
import type { Answer } from './answer.ts';
import type { Call, Endpoint } from './endpoint.ts';
import type { RequestBody } from './exchange.ts';
import { judgeHop } from './hop.ts';
import { repositoryScope } from './scope.ts';

const rights = ['pull', 'push'] as const;

/** An upload that is given up is worth one try at telling the registry, and no waiting. */
const cancelMs = 5_000;

export interface UploadAbout {
  readonly subject: string;
  readonly signal: AbortSignal | undefined;
}

/** Where an upload goes on that has begun. */
export interface UploadPlace {
  readonly location: URL;
  /** Bytes of a chunk that is not the last, at least. */
  readonly minChunkBytes: number;
}

/** One upload as the registry knows it. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks */
export class UploadSession {
  readonly minChunkBytes: number;
  readonly #endpoint: Endpoint;
  readonly #about: UploadAbout;
  /** Every answer may name a new one; the newest counts. */
  #location: URL;

  constructor(endpoint: Endpoint, about: UploadAbout, { location, minChunkBytes }: UploadPlace) {
    this.#endpoint = endpoint;
    this.#about = about;
    this.#location = location;
    this.minChunkBytes = minChunkBytes;
  }

  /** Sends what is missing and ends the upload. What became of it after a failure is unknown, so it is sent once. */
  put(digest: string, body: RequestBody | undefined): Promise<void> {
    const call: Call = {
      method: 'PUT',
      to: withDigest(this.#location, digest),
      rights,
      headers: { 'content-type': mediaTypes.octetStream },
      once: true,
      ...(body === undefined ? {} : { body }),
      ...this.#about,
    };
    return this.#endpoint.request(call, (answer) => answer.expect(201, 204, 200));
  }

  /** Sends a chunk; answers with the `Range` that the registry has then. */
  patch(chunk: Uint8Array, offset: number): Promise<string | undefined> {
    const call: Call = {
      method: 'PATCH',
      to: this.#location,
      rights,
      headers: {
        'content-type': mediaTypes.octetStream,
        'content-range': `${offset}-${offset + chunk.byteLength - 1}`,
      },
      body: { kind: 'bytes', bytes: chunk },
      once: true,
      ...this.#about,
    };
    return this.#endpoint.request(call, async (answer) => {
      await answer.expect(202, 201, 204);
      this.#move(answer);
      return answer.header('range');
    });
  }

  /** The `Range` that the registry has; nothing when it does not know the upload any more, or cannot say. */
  status(): Promise<string | undefined> {
    const call: Call = { method: 'GET', to: this.#location, rights, ...this.#about };
    return this.#endpoint.request(call, async (answer) => {
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return undefined;
      await answer.expect(204, 200, 202);
      this.#move(answer);
      return answer.header('range');
    });
  }

  /** Tells the registry that no more will come. Waits for nothing, and fails at nothing. */
  cancel(): void {
    const signal = AbortSignal.timeout(cancelMs);
    const call: Call = {
      method: 'DELETE',
      to: this.#location,
      rights,
      once: true,
      subject: this.#about.subject,
      signal,
    };
    this.#endpoint.request(call, async () => {}).catch(() => {});
  }

  #move(answer: Answer): void {
    if (answer.header('location') !== undefined) {
      this.#location = uploadLocation(answer, this.#about.subject);
    }
  }
}

/** Begins an upload. */
export function openUpload(endpoint: Endpoint, about: UploadAbout): Promise<UploadSession> {
  const call: Call = { method: 'POST', to: 'blobs/uploads/', rights, ...about };
  return endpoint.request(call, async (answer) => {
    await answer.expect(202);
    return new UploadSession(endpoint, about, placeOf(answer, about.subject));
  });
}

/**
 * Asks to take a blob over from another repository, which has to be read for it. A registry that does not do so begins an upload instead; one
 * that does not even do that, and one where we may not read the other repository, gets it asked in the ordinary way.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository
 */
export async function mountBlob(
  endpoint: Endpoint,
  { digest, from }: { readonly digest: string; readonly from: string },
  about: UploadAbout,
): Promise<'mounted' | 'refused' | UploadPlace> {
  const to = `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
  const call: Call = { method: 'POST', to, rights, also: [repositoryScope(from, ['pull'])], ...about };
  const asking = endpoint.request(call, async (answer) => {
    if (answer.status === 201) return 'mounted';
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return 'refused';
    await answer.expect(201, 202);
    return placeOf(answer, about.subject);
  });
  return asking.catch((error: unknown) => {
    // A token server that gives less than both rights, and says so, is no reason not to push.
    if (error instanceof OciError && (error.code === 'unauthorized' || error.code === 'denied'))
      return 'refused';
    throw error;
  });
}

/** The registry may send the bytes to another host, but not the credential with them: the transport sees to that. */
function uploadLocation(answer: Answer, subject: string): URL {
  const hop = judgeHop(answer.url, answer.header('location'));
  if (hop.kind === 'refused') {
    throw new OciError('protocol', subject, `expected a location for the upload, got ${hop.reason}`);
  }
  return hop.url;
}

/** The query belongs to the registry and is kept to the letter: parsing it and writing it again could break a signature in it. */
function withDigest(location: URL, digest: string): URL {
  const url = new URL(location);
  url.hash = '';
  const separator = url.search === '' ? '?' : '&';
  return new URL(`${url.href.replace(/\?$/, '')}${separator}digest=${encodeURIComponent(digest)}`);
}

function placeOf(answer: Answer, subject: string): UploadPlace {
  const least = answer.header('oci-chunk-min-length') ?? '';
  return {
    location: uploadLocation(answer, subject),
    minChunkBytes: /^\d{1,15}$/.test(least) ? Number(least) : 0,
  };
}
