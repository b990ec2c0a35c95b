import { checkedContent, readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import { mediaTypes } from '../media-types.ts';
import type { Operation } from '../store.ts';
import type { Answer } from './answer.ts';
import type { Call, Endpoint } from './endpoint.ts';
import type { RequestBody } from './exchange.ts';
import { judgeHop } from './hop.ts';

const rights = ['pull', 'push'] as const;

/**
 * Uploads a blob in two steps, the second of them with the whole content.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put
 */
export async function uploadBlob(
  endpoint: Endpoint,
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array> | Uint8Array,
  { signal }: Operation,
): Promise<void> {
  const subject = endpoint.name(descriptor.digest);
  const body = await requestBody(descriptor, content);
  const location = await startUpload(endpoint, { subject, signal });
  const call: Call = {
    method: 'PUT',
    to: withDigest(location, descriptor.digest),
    rights,
    headers: { 'content-type': mediaTypes.octetStream },
    body,
    // What became of the upload after a failure is unknown: a new one starts from the beginning.
    once: true,
    subject,
    signal,
  };
  await endpoint.request(call, (answer) => answer.expect(201, 204, 200));
}

function startUpload(endpoint: Endpoint, about: Pick<Call, 'subject' | 'signal'>): Promise<URL> {
  const call: Call = { method: 'POST', to: 'blobs/uploads/', rights, ...about };
  return endpoint.request(call, async (answer) => {
    await answer.expect(202);
    return uploadLocation(answer, about.subject);
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

async function requestBody(
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array> | Uint8Array,
): Promise<RequestBody> {
  const checked = checkedContent(content, descriptor);
  const whole = content instanceof Uint8Array || descriptor.size === 0;
  if (!whole) return { kind: 'stream', chunks: checked, length: descriptor.size };
  return { kind: 'bytes', bytes: await readAll(checked, descriptor.size, descriptor.digest) };
}
