import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, OciError, type Pusher, RemoteRepository, Transport } from './index.ts';
import { blobOf } from './store-contract.ts';

const blob = blobOf('content');
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Answers each request with this status; without one, each fails. */
function remote(status?: number): Pusher {
  const controller = { abort: () => {}, pause: () => {}, resume: () => {} } as never;
  const dispatch: Dispatcher['dispatch'] = (_options, listener) => {
    if (status === undefined) throw Object.assign(new Error('no way'), { code: 'ECONNREFUSED' });
    listener.onRequestStart?.(controller, undefined);
    listener.onResponseStart?.(controller, status, {});
    listener.onResponseEnd?.(controller, {});
    return true;
  };
  const dispatcher = { dispatch } as unknown as Dispatcher;
  const transport = new Transport({ dispatcher, retry: { attempts: 1 } });
  return new RemoteRepository({ host: 'reg.example', repository: 'team/app', transport });
}

async function filled(): Promise<Pusher> {
  const store = createMemoryStore();
  await store.push(blob.descriptor, blob.bytes);
  return store;
}

const aborted = { signal: AbortSignal.abort(new Error('enough')) };
const strange = { ...blob.descriptor, digest: `blake3:${'0'.repeat(64)}` };
const asManifest = { ...blob.descriptor, mediaType: manifestType };

describe('a stream that is pushed is closed', () => {
  it.each([
    ['when memory has its content', filled(), blob.descriptor, {}],
    ['when a registry has its content', remote(200), blob.descriptor, {}],
    ['when the registry cannot be asked for it', remote(), blob.descriptor, {}],
    ['when the upload cannot begin', remote(503), blob.descriptor, { absent: true }],
    ['when the push was aborted before it began', remote(200), blob.descriptor, { ...aborted, absent: true }],
    ['when a push into memory was', createMemoryStore(), blob.descriptor, aborted],
    ['when that was a manifest', createMemoryStore(), asManifest, aborted],
    ['when its digest cannot be computed', createMemoryStore(), strange, {}],
    ['when that of a manifest cannot be', remote(200), { ...strange, mediaType: manifestType }, {}],
  ])('%s', async (_when, store, descriptor, options) => {
    const source = new Readable({ read() {} });
    await (await store).push(descriptor, source, options).catch(() => {});
    expect(source.destroyed).toBe(true);
  });
});

describe('content that an upload has begun to read, and does not read on', () => {
  /** Takes an upload, reads a chunk of it, and breaks; nothing else is there. */
  function breaking(): Pusher {
    const controller = { abort: () => {}, pause: () => {}, resume: () => {} } as never;
    const dispatch: Dispatcher['dispatch'] = ({ method, body }, listener) => {
      listener.onRequestStart?.(controller, undefined);
      const answer = (status: number, headers: Record<string, string> = {}): void => {
        listener.onResponseStart?.(controller, status, headers);
        listener.onResponseEnd?.(controller, {});
      };
      if (method === 'POST') answer(202, { location: '/upload' });
      else if (!(body instanceof Readable)) answer(404);
      else body.once('data', () => listener.onResponseError?.(controller, new Error('broken')));
      return true;
    };
    const dispatcher = { dispatch } as unknown as Dispatcher;
    const transport = new Transport({ dispatcher, retry: { attempts: 1 } });
    return new RemoteRepository({ host: 'reg.example', repository: 'team/app', transport });
  }

  let ended = 0;
  const pieces = { [Symbol.asyncIterator]: () => parts() };
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for (const byte of blob.bytes) yield Uint8Array.of(byte);
    } finally {
      ended += 1;
    }
  }
  const web = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      pull: (reader) => reader.enqueue(blob.bytes.subarray(0, 1)),
      cancel: () => {
        ended += 1;
      },
    });

  it.each<[string, () => AsyncIterable<Uint8Array>]>([
    ['an iterable that begins anew each time', () => pieces],
    ['a generator', parts],
    ['a stream of the web', web],
  ])('is let go, %s', async (_what, content) => {
    ended = 0;
    const pushing = breaking().push(blob.descriptor, content(), { absent: true });
    await expect(pushing).rejects.toBeInstanceOf(OciError);
    await expect.poll(() => ended).toBe(1);
  });
});
