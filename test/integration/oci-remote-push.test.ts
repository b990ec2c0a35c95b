import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openLayout,
  RemoteRepository,
  serveRegistry,
  sha256,
  Transport,
  type TransportOptions,
} from 'oci-client-ts';
import { afterEach, describe, expect, it } from 'vitest';
import { blobOf, imageOf, type OciContent } from '../fakes/oci-content.ts';
import { bodyOf } from '../fakes/scripted-server.ts';
import { type UploadManners, type UploadRegistry, uploadRegistry } from '../fakes/upload-registry.ts';
import { failureOf, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const megabyte = 1024 * 1024;

function random(size: number): OciContent {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(Math.imul(at + 7, 2654435761) >>> 0, at);
  return { bytes, descriptor: { mediaType: 'application/octet-stream', digest: sha256(bytes), size } };
}

const small = random(300_000);
const large = random(10 * megabyte);

async function* stream({ bytes }: OciContent, piece = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += piece) yield bytes.subarray(at, at + piece);
}

const sources: readonly [string, (content: OciContent) => AsyncIterable<Uint8Array> | Uint8Array][] = [
  ['bytes', ({ bytes }) => bytes],
  ['a stream', (content) => stream(content)],
];

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function registry(manners?: UploadManners): Promise<UploadRegistry> {
  const found = await uploadRegistry(manners);
  open.push(found.server);
  return found;
}

function expectStored({ blobs, uploads }: UploadRegistry, { descriptor, bytes }: OciContent): void {
  expect(blobs.get(descriptor.digest)?.equals(bytes)).toBe(true);
  expect(uploads.size).toBe(0);
}

describe.each(sources)('pushing a blob as %s', (_what, content) => {
  it('is a question, a beginning and one request', async () => {
    const target = await registry();
    await repositoryAt(target.server.host).push(small.descriptor, content(small));
    expectStored(target, small);
    expect(target.methods()).toEqual(['HEAD', 'POST', 'PUT']);
  });

  it('goes on in chunks from what arrived when the connection is cut', async () => {
    const target = await registry({ cuts: [100_000, 50_000] });
    await repositoryAt(target.server.host).push(small.descriptor, content(small));
    expectStored(target, small);
    const ranges = target.server.requests.map(({ headers }) => headers['content-range']).filter(Boolean);
    expect(ranges).toEqual(['100000-299999', '150000-299999']);
  });

  it.each([0, 1])('begins at the right byte when %i arrived', async (count) => {
    const target = await registry({ cuts: [count === 0 ? undefined : 1], maxRequestBytes: 299_999 });
    const store = repositoryAt(target.server.host);
    const half = random(200_000);
    await store.push(half.descriptor, content(half));
    expectStored(target, half);
  });

  it('is never given up while bytes arrive', async () => {
    const target = await registry({ cuts: Array<number>(14).fill(20_000) });
    await repositoryAt(target.server.host).push(small.descriptor, content(small));
    expectStored(target, small);
  });

  it('is given up, and the registry told so, when none arrive any more', async () => {
    const target = await registry({ cuts: [100_000, ...Array<number>(50).fill(0)] });
    target.server.requests.length = 0;
    const error = await failureOf(repositoryAt(target.server.host).push(small.descriptor, content(small)));
    expect(error.code).toBe('unreachable');
    await expect.poll(() => target.uploads.size).toBe(0);
    expect(target.methods().at(-1)).toBe('DELETE');
  });

  it('ends well when only the last answer was lost', async () => {
    const target = await registry({ lostEnds: 1 });
    await repositoryAt(target.server.host).push(small.descriptor, content(small));
    expectStored(target, small);
    expect(target.methods()).toEqual(['HEAD', 'POST', 'PUT', 'HEAD']);
  });

  it('tells how far it is', async () => {
    const target = await registry({ cuts: [100_000] });
    const told: number[] = [];
    const progress = (bytes: number) => void told.push(bytes);
    await repositoryAt(target.server.host).push(small.descriptor, content(small), { progress });
    expect(told.at(-1)).toBe(300_000);
  });

  it('does not ask again what the caller has asked', async () => {
    const target = await registry();
    await repositoryAt(target.server.host).push(small.descriptor, content(small), { absent: true });
    expect(target.methods()).toEqual(['POST', 'PUT']);
  });

  it('tells the registry to forget it when the caller gives up', async () => {
    const stop = new AbortController();
    const target = await registry({ cuts: [100_000, ...Array<number>(50).fill(0)] });
    const patient = repositoryAt(target.server.host, { retry: { baseDelayMs: 5000, maxDelayMs: 5000 } });
    const pushing = patient.push(small.descriptor, content(small), { signal: stop.signal });
    await expect.poll(() => [...target.uploads.values()].map(({ size }) => size)).toEqual([100_000]);
    stop.abort(new Error('enough'));
    await expect(pushing).rejects.toThrow('enough');
    await expect.poll(() => target.uploads.size).toBe(0);
  });
});

describe('a registry that takes no large requests', () => {
  const manners = { maxRequestBytes: 4 * megabyte };

  it('gets a large blob in chunks, and the next one at once', async () => {
    const target = await registry(manners);
    const store = repositoryAt(target.server.host);
    await store.push(large.descriptor, large.bytes);
    expectStored(target, large);
    const other = random(9 * megabyte);
    target.server.requests.length = 0;
    await store.push(other.descriptor, stream(other));
    expectStored(target, other);
    expect(target.methods()).toEqual(['HEAD', 'POST', 'PATCH', 'PATCH', 'PATCH', 'PUT']);
    target.server.requests.length = 0;
    await store.push(small.descriptor, stream(small));
    expect(target.methods()).toEqual(['HEAD', 'POST', 'PUT']);
  });

  it('and wants larger chunks than it takes: is given up', async () => {
    const target = await registry({ ...manners, minChunkBytes: 33 * megabyte });
    const content = random(34 * megabyte);
    const error = await failureOf(repositoryAt(target.server.host).push(content.descriptor, content.bytes));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('34603008');
  });

  it('gets chunks of the size it wants', async () => {
    const target = await registry({ maxRequestBytes: 9 * megabyte, minChunkBytes: 5 * megabyte });
    await repositoryAt(target.server.host).push(large.descriptor, large.bytes);
    expectStored(target, large);
    expect(target.server.requests.map(({ headers }) => headers['content-range']).filter(Boolean)).toEqual([
      `0-${5 * megabyte - 1}`,
      `${5 * megabyte}-${10 * megabyte - 1}`,
    ]);
  });
});

describe('a registry that takes no chunks', () => {
  it.each([
    ['refuses them', { chunks: 'refused' }],
    ['knows nothing of an upload that broke', { status: 'unknown' }],
  ] as const)('and %s: gets the whole anew', async (_what, manners) => {
    const target = await registry({ ...manners, cuts: [100_000] });
    await repositoryAt(target.server.host).push(small.descriptor, stream(small));
    expectStored(target, small);
    expect(target.methods().filter((method) => method === 'POST')).toHaveLength(2);
  });

  it('and breaks a stream that is too long to be kept: fails, to be tried again by who can', async () => {
    const target = await registry({ chunks: 'refused', cuts: [8 * megabyte] });
    const error = await failureOf(repositoryAt(target.server.host).push(large.descriptor, stream(large)));
    expect(['unreachable', 'unsupported']).toContain(error.code);
    await expect.poll(() => target.uploads.size).toBe(0);
  });
});

describe('a source that breaks off', () => {
  it('is told as it is, and not tried again', async () => {
    const target = await registry();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield small.bytes.subarray(0, 1000);
      throw new Error('the disk is gone');
    }
    const pushing = repositoryAt(target.server.host).push(small.descriptor, broken());
    await expect(pushing).rejects.toThrow('the disk is gone');
    expect(target.methods().filter((method) => method === 'POST')).toHaveLength(1);
    await expect.poll(() => target.uploads.size).toBe(0);
  });
});

describe('an upload that fails again and again', () => {
  /** Takes no blob, asks for a pause when told to, and forgets each upload. */
  const refusing = (headers: Record<string, string> = {}) =>
    serve((request, response) => {
      const begun = { location: '/v2/team/app/blobs/uploads/1' };
      if (request.method === 'POST') response.writeHead(202, begun).end();
      else if (request.method === 'PUT') response.writeHead(503, headers).end();
      else response.writeHead(404).end();
    });

  function watched() {
    const waits: number[] = [];
    const clock = {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      sleep: async (ms: number) => void waits.push(ms),
    };
    return { waits, clock, jitter: { next: () => 1 } };
  }

  it.each([
    [1, []],
    [3, [100, 200]],
    [7, [100, 200, 400, 800, 1000, 1000]],
  ])('is tried %i times when the transport says so, with its waits', async (attempts, expected) => {
    const { host, requests } = await refusing();
    const { waits, ...time } = watched();
    const retry = { attempts, baseDelayMs: 100, maxDelayMs: 1000 };
    const store = repositoryAt(host, { ...time, retry });
    expect((await failureOf(store.push(small.descriptor, small.bytes))).code).toBe('server-error');
    expect(requests.filter(({ method }) => method === 'PUT')).toHaveLength(attempts);
    expect(waits).toEqual(expected);
  });

  it('is not tried after the time that the transport allows', async () => {
    const { host, requests } = await refusing();
    const { waits, ...time } = watched();
    const retry = { attempts: 100, baseDelayMs: 100, maxDelayMs: 1000, maxElapsedMs: 2500 };
    await failureOf(repositoryAt(host, { ...time, retry }).push(small.descriptor, small.bytes));
    expect(waits).toEqual([100, 200, 400, 800, 1000]);
    expect(requests.filter(({ method }) => method === 'PUT')).toHaveLength(6);
  });

  it('leaves a pause that is longer than the transport waits to the caller', async () => {
    const { host, requests } = await refusing({ 'retry-after': '2' });
    const { waits, ...time } = watched();
    const store = repositoryAt(host, { ...time, retry: { attempts: 5, maxDelayMs: 1000 } });
    const error = await failureOf(store.push(small.descriptor, small.bytes));
    expect(error.details.retryAfterMs).toBeGreaterThan(1000);
    expect([waits, requests.filter(({ method }) => method === 'PUT')]).toMatchObject([[], { length: 1 }]);
  });
});

describe('mounting a blob', () => {
  function pair(host: string) {
    const transport = new Transport({ retry: { attempts: 1 } });
    open.push({ [Symbol.asyncDispose]: () => transport.close() });
    return ['team/app', 'team/base'].map(
      (repository) => new RemoteRepository({ host, repository, transport }),
    ) as [RemoteRepository, RemoteRepository];
  }

  it('takes it over without its bytes', async () => {
    const target = await registry({ mount: 201 });
    const [to, from] = pair(target.server.host);
    expect(await to.mount(small.descriptor, from)).toBe(true);
    const digest = encodeURIComponent(small.descriptor.digest);
    expect(target.server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST /v2/team/app/blobs/uploads/?mount=${digest}&from=team%2Fbase`,
    ]);
  });

  it('that became an upload is used by the push that follows', async () => {
    const target = await registry({ mount: 202 });
    const [to, from] = pair(target.server.host);
    expect(await to.mount(small.descriptor, from)).toBe(false);
    await to.push(small.descriptor, small.bytes);
    expectStored(target, small);
    expect(target.methods()).toEqual(['POST', 'PUT']);
  });

  it.each([400, 403, 404, 405])('that is refused with %i is no failure', async (status) => {
    const target = await registry({ mount: status });
    const [to, from] = pair(target.server.host);
    expect(await to.mount(small.descriptor, from)).toBe(false);
    await to.push(small.descriptor, small.bytes);
    expectStored(target, small);
  });

  it('is a failure in an outage', async () => {
    const target = await registry({ mount: 503 });
    const [to, from] = pair(target.server.host);
    expect((await failureOf(to.mount(small.descriptor, from))).code).toBe('server-error');
  });

  it('is not tried from elsewhere, nor for a manifest', async () => {
    const target = await registry({ mount: 201 });
    const [to, from] = pair(target.server.host);
    const [, elsewhere] = pair('127.0.0.1:1');
    expect(await to.mount(small.descriptor, elsewhere)).toBe(false);
    expect(await to.mount(small.descriptor, to)).toBe(false);
    expect(await to.mount(imageOf().descriptor, from)).toBe(false);
    expect(target.methods()).toEqual([]);
  });

  it('works with our own server', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'oci-mount-'));
    const server = await serveRegistry({ layout: await openLayout(directory) });
    open.push({
      [Symbol.asyncDispose]: async () => {
        await server.close();
        await rm(directory, { recursive: true });
      },
    });
    const [to, from] = pair(`127.0.0.1:${server.port}`);
    expect(await to.mount(small.descriptor, from)).toBe(false);
    await from.push(small.descriptor, small.bytes);
    expect(await to.mount(small.descriptor, from)).toBe(true);
    expect(await to.exists(small.descriptor)).toBe(true);
  });
});

describe('pushing a manifest', () => {
  const image = imageOf();

  /** Refuses the first manifests that are pushed, and keeps them afterwards if it keeps any. */
  async function target(refusals: number, keeps: boolean, options: TransportOptions = {}) {
    let left = refusals;
    let isThere = false;
    const server = await serve(async (request, response) => {
      await bodyOf(request);
      if (request.method !== 'PUT') {
        if (isThere) send(response, image);
        else response.writeHead(404).end();
        return;
      }
      left -= 1;
      if (left >= 0) {
        response.writeHead(400).end('{"errors":[{"code":"MANIFEST_INVALID","message":"no"}]}');
        return;
      }
      isThere = keeps;
      response.writeHead(201).end();
    });
    return {
      store: repositoryAt(server.host, options),
      puts: () => server.requests.filter(({ method }) => method === 'PUT'),
    };
  }

  it.each([1, 2])('is sent again when it is called invalid, %i times', async (refusals) => {
    const { store, puts } = await target(refusals, true);
    await store.push(image.descriptor, image.bytes);
    expect(puts()).toHaveLength(refusals + 1);
  });

  it('is waited for by the clock and the jitter that were given', async () => {
    const waits: number[] = [];
    const clock = { now: () => 0, monotonic: () => 0, sleep: async (ms: number) => void waits.push(ms) };
    const { store } = await target(2, false, { clock, jitter: { next: () => 0.5 } });
    await failureOf(store.push(image.descriptor, image.bytes));
    expect(waits).toEqual([100, 200, 300, 450]);
  });

  it('is not sent a fourth time, and its types are named', async () => {
    const { store, puts } = await target(9, true);
    const error = await failureOf(store.push(image.descriptor, image.bytes));
    expect(error).toMatchObject({ code: 'invalid', details: { registryCode: 'MANIFEST_INVALID' } });
    expect(error.message).toContain('application/vnd.oci.empty.v1+json');
    expect(puts()).toHaveLength(3);
  });

  it('fails when the registry accepted it and does not have it', async () => {
    const { store } = await target(0, false);
    const error = await failureOf(store.push(image.descriptor, image.bytes));
    expect(error.code).toBe('not-found');
    expect(error.message).toContain('does the repository exist?');
  });
});

it('several writers of one list of referrers lose no entry, entity tags or not', async () => {
  const subject = imageOf({ annotations: { name: 'subject' } });
  const referrers = Array.from({ length: 4 }, (_, at) =>
    imageOf({ subject: subject.descriptor, annotations: { number: `${at}` } }),
  );
  const stored = new Map<string, OciContent>();
  const server = await serve(async (request, response) => {
    const body = await bodyOf(request);
    const reference = request.url?.split('/').at(-1) ?? '';
    // A little time passes between reading and writing, as it does on a real link.
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (request.method === 'PUT') {
      stored.set(reference, blobOf(body.toString(), request.headers['content-type']));
      response.writeHead(201).end();
      return;
    }
    const found = stored.get(reference);
    if (found === undefined || request.url?.includes('/referrers/')) response.writeHead(404).end();
    else send(response, found);
  });
  // Each with a transport of its own, as in processes of their own.
  await Promise.all(
    referrers.map(({ descriptor, bytes }) => repositoryAt(server.host).push(descriptor, bytes)),
  );
  const found: string[] = [];
  for await (const { digest } of repositoryAt(server.host).referrers(subject.descriptor)) found.push(digest);
  expect(found.sort()).toEqual(referrers.map(({ descriptor }) => descriptor.digest).sort());
});
