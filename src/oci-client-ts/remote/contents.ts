import { checkedContent } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import { isManifestType } from '../media-types.ts';
import type { Operation, Transfer } from '../store.ts';
import type { Answer } from './answer.ts';
import { BlobReader } from './blob-reader.ts';
import { acceptManifests, type Call, contentPath, type Endpoint } from './endpoint.ts';
import { readManifest } from './manifests.ts';

/** Streams a manifest or blob, checked on the way; content that the descriptor carries itself needs no request. */
export async function* fetchContent(
  endpoint: Endpoint,
  descriptor: Descriptor,
  options: Transfer,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, progress } = options;
  signal?.throwIfAborted();
  if (descriptor.data !== undefined) {
    yield* checkedContent(decode(descriptor, descriptor.data), descriptor);
  } else if (isManifestType(descriptor.mediaType)) {
    const content = await readManifest(endpoint, descriptor, signal);
    progress?.(content.byteLength);
    yield content;
  } else {
    yield* fetchBlob(endpoint, descriptor, options);
  }
}

/** Blobs wait for one of the places that the host has for them; `known` is what came before. */
export async function* fetchBlob(
  endpoint: Endpoint,
  descriptor: Descriptor,
  { known, progress, ...options }: Transfer & { readonly known?: AsyncIterable<Uint8Array> },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal } = options;
  const reader = new BlobReader(endpoint, descriptor, options);
  if (known !== undefined) await reader.known(known);
  const free = await endpoint.learned.pulls.take(endpoint.concurrency, signal);
  try {
    yield* counted(reader.chunks(), reader.count, progress);
  } finally {
    free();
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  progress: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let count = start;
  for await (const chunk of chunks) {
    count += chunk.byteLength;
    progress?.(count);
    yield chunk;
  }
}

/** The limit is checked on the text, before anything is decoded. */
function decode({ digest, size }: Descriptor, data: string): Uint8Array {
  const most = 4 * Math.ceil(size / 3);
  if (data.length > most) {
    throw new OciError(
      'size-mismatch',
      digest,
      `expected at most ${most} characters of data, got ${data.length}`,
    );
  }
  return Buffer.from(data, 'base64');
}

const pullRights = ['pull'] as const;
/** The rights of the upload that follows, so that one token serves both. */
const pushRights = ['pull', 'push'] as const;

/** Asks whether the registry has it, without its bytes. */
export async function hasContent(
  endpoint: Endpoint,
  descriptor: Descriptor,
  options: Operation & { readonly forPush?: boolean },
): Promise<boolean> {
  const isManifest = isManifestType(descriptor.mediaType);
  const call: Omit<Call, 'method'> = {
    to: contentPath(descriptor),
    headers: isManifest ? { accept: acceptManifests } : {},
    foreign: isManifest ? 'refuse' : 'follow',
    rights: options.forPush ? pushRights : pullRights,
    subject: endpoint.name(descriptor.digest),
    signal: options.signal,
  };
  const found = await probe(endpoint, { ...call, method: 'HEAD' });
  // A registry that asks for no login at a HEAD, and yet wants one, asks for it at a GET.
  return (found === 'refused' ? await probe(endpoint, { ...call, method: 'GET' }) : found) === 'there';
}

function probe(endpoint: Endpoint, call: Call): Promise<'there' | 'absent' | 'refused'> {
  return endpoint.request(call, async (answer) => {
    if (answer.status === 404 && !answer.foreign) return 'absent';
    if (call.method === 'HEAD' && isWithoutChallenge(answer)) return 'refused';
    await answer.expect(200);
    return 'there';
  });
}

function isWithoutChallenge(answer: Answer): boolean {
  return answer.status === 401 && !answer.foreign && answer.headers('www-authenticate').length === 0;
}
