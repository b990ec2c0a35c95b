import type { IncomingMessage, ServerResponse } from 'node:http';
import fc from 'fast-check';
import type { RemoteRepository } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { blobOf, imageOf, type OciContent } from '../fakes/oci-content.ts';
import type { Answerer, SeenRequest } from '../fakes/scripted-server.ts';
import { failureOf, readFrom, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const size = 200_000;
const blob = blobOf(Array.from({ length: size / 8 }, (_, at) => `${at}`.padStart(8, '0')).join(''));

interface Part {
  readonly from: number;
  /** Bytes that are sent before the connection is cut; all of them when absent. */
  readonly cutAfter?: number;
  readonly headers?: Record<string, string>;
}

/** Answers with the rest from a byte, as 206 unless it is the whole. */
function sendPart(response: ServerResponse, content: Uint8Array, part: Part): void {
  const { from, cutAfter, headers = {} } = part;
  const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${size - 1}/${size}` };
  response.writeHead(from === 0 ? 200 : 206, { 'content-length': `${size - from}`, ...range, ...headers });
  if (cutAfter === undefined) response.end(content.subarray(from));
  else response.write(content.subarray(from, from + cutAfter), () => response.destroy());
}

const startOf = ({ headers }: Pick<IncomingMessage, 'headers'>): number =>
  Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);

const ranges = (requests: readonly SeenRequest[]): (string | undefined)[] =>
  requests.map(({ headers }) => headers.range);

/** Cuts the answers in turn after so many bytes each, and then no more. */
function cutting(...cuts: readonly number[]): Answerer {
  const left = [...cuts];
  return (request, response) => {
    const cutAfter = left.shift();
    const from = startOf(request);
    sendPart(response, blob.bytes, { from, ...(cutAfter === undefined ? {} : { cutAfter }) });
  };
}

async function expectWhole(store: RemoteRepository, content: OciContent = blob): Promise<void> {
  expect(Buffer.from(await readFrom(store, content)).equals(content.bytes)).toBe(true);
}

describe('a blob whose connection breaks', () => {
  it('goes on from the byte reached, and begins without a range', async () => {
    const { host, requests } = await serve(cutting(50_000, 70_000));
    await expectWhole(repositoryAt(host));
    expect(ranges(requests)).toEqual([undefined, 'bytes=50000-', 'bytes=120000-']);
  });

  it('is never given up while bytes come, however often it breaks', async () => {
    const { host, requests } = await serve(cutting(...Array<number>(19).fill(10_000)));
    await expectWhole(repositoryAt(host, { retry: { attempts: 1 } }));
    expect(requests).toHaveLength(20);
  });

  it('is given up when no more bytes come, after the tries of one request', async () => {
    const { host, requests } = await serve(cutting(50_000, ...Array<number>(20).fill(0)));
    const error = await failureOf(readFrom(repositoryAt(host), blob));
    expect(error.code).toBe('unreachable');
    expect(requests).toHaveLength(1 + 3);
  });

  it('is given up when a server feeds it crumbs', async () => {
    const { host, requests } = await serve(cutting(50_000, ...Array<number>(2000).fill(100)));
    expect((await failureOf(readFrom(repositoryAt(host), blob))).code).toBe('unreachable');
    expect(requests).toHaveLength(1 + 3);
  });

  it('goes on after a stall', async () => {
    let stalls = 1;
    const { host, requests } = await serve((request, response) => {
      if (stalls === 0) return sendPart(response, blob.bytes, { from: startOf(request) });
      stalls -= 1;
      response.writeHead(200, { 'content-length': `${size}` }).write(blob.bytes.subarray(0, 30_000));
    });
    await expectWhole(repositoryAt(host, { limits: { headersMs: 300, idleMs: 300 } }));
    expect(ranges(requests)).toEqual([undefined, 'bytes=30000-']);
  });

  it('goes on at the registry, not at the storage it was sent to', async () => {
    const used = new Set<string>();
    const storage = await serve((request, response) => {
      const from = startOf(request);
      const url = request.url ?? '';
      // An address that expires after one use.
      if (used.has(url)) return void response.writeHead(403).end();
      used.add(url);
      sendPart(response, blob.bytes, { from, ...(from === 0 ? { cutAfter: 60_000 } : {}) });
    });
    let signature = 0;
    const registry = await serve((_, response) => {
      signature += 1;
      response.writeHead(307, { location: `${storage.url}/blob?signature=${signature}` }).end();
    });
    await expectWhole(repositoryAt(registry.host));
    expect(ranges(registry.requests)).toEqual([undefined, 'bytes=60000-']);
    expect(storage.requests.map(({ url }) => url)).toEqual(['/blob?signature=1', '/blob?signature=2']);
  });

  it('can be left in the middle, and nothing is asked for any more', async () => {
    const { host, requests } = await serve(cutting(50_000));
    for await (const _ of repositoryAt(host).fetch(blob.descriptor)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(requests).toHaveLength(1);
  });

  it('ends whole whatever the positions of the cuts', async () => {
    const positions = fc.array(fc.integer({ min: 4096, max: 60_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(positions, async (cuts) => {
        const { host } = await serve(cutting(...cuts));
        await expectWhole(repositoryAt(host, { retry: { attempts: 1 } }));
      }),
      { numRuns: 25 },
    );
  });
});

describe('a registry that answers a range', () => {
  const wrongRange = (range: string): Answerer => {
    let first = true;
    return (request, response) => {
      if (first) sendPart(response, blob.bytes, { from: 0, cutAfter: 50_000 });
      else if (request.headers.range === undefined) send(response, blob);
      else response.writeHead(206, { 'content-range': range }).end('x'.repeat(1000));
      first = false;
    };
  };

  it.each([
    ['another start', `bytes 49999-199999/${size}`],
    ['another total', 'bytes 50000-199999/300000'],
    ['no total', 'bytes 50000-199999/*'],
    ['no sense', 'bytes=50000-'],
  ])('with %s: is asked for the whole', async (_what, range) => {
    const { host, requests } = await serve(wrongRange(range));
    await expectWhole(repositoryAt(host));
    expect(ranges(requests)).toEqual([undefined, 'bytes=50000-', undefined]);
  });

  it('with the whole: what is known is skipped', async () => {
    let cuts = 1;
    const { host, requests } = await serve((_, response) => {
      cuts -= 1;
      sendPart(response, blob.bytes, { from: 0, ...(cuts === 0 ? { cutAfter: 50_000 } : {}) });
    });
    await expectWhole(repositoryAt(host));
    expect(ranges(requests)).toEqual([undefined, 'bytes=50000-']);
  });

  it('with a whole that begins otherwise: refuses it before a byte of it is passed on', async () => {
    let cuts = 1;
    const other = Buffer.from(blob.bytes);
    other[10] = 0;
    const { host } = await serve((_, response) => {
      cuts -= 1;
      if (cuts === 0) sendPart(response, blob.bytes, { from: 0, cutAfter: 50_000 });
      else sendPart(response, other, { from: 0 });
    });
    const got: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of repositoryAt(host).fetch(blob.descriptor)) got.push(chunk);
    })();
    const error = await failureOf(reading);
    expect(error.code).toBe('digest-mismatch');
    expect(error.message).toContain('expected the first 50000 bytes again, got other ones');
    expect(Buffer.concat(got).byteLength).toBe(50_000);
  });

  it.each([416, 206])(
    'with %i and another entity tag: begins again, once, and without ranges from then on',
    async (status) => {
      const etag = (name: string) => ({ headers: { etag: `"${name}"` } });
      const cuts = [50_000, undefined, 90_000];
      const { host, requests } = await serve((request, response) => {
        const cutAfter = cuts.shift();
        const from = startOf(request);
        if (from > 0 && status === 416) return void response.writeHead(416).end();
        const name = from > 0 ? 'b' : 'a';
        sendPart(response, blob.bytes, { from, ...(cutAfter ? { cutAfter } : {}), ...etag(name) });
      });
      await expectWhole(repositoryAt(host));
      expect(ranges(requests)).toEqual([undefined, 'bytes=50000-', undefined, undefined]);
    },
  );

  it('with parts: asks on', async () => {
    let first = true;
    const { host, requests } = await serve((request, response) => {
      const from = startOf(request);
      if (first) sendPart(response, blob.bytes, { from, cutAfter: 50_000 });
      else {
        const last = Math.min(from + 79_999, size - 1);
        response.writeHead(206, { 'content-range': `bytes ${from}-${last}/${size}` });
        response.end(blob.bytes.subarray(from, last + 1));
      }
      first = false;
    });
    await expectWhole(repositoryAt(host));
    expect(ranges(requests)).toEqual([undefined, 'bytes=50000-', 'bytes=130000-']);
  });

  it('with wrong bytes: fails at the end, and never says it is whole', async () => {
    const other = Buffer.from(blob.bytes).fill('x', 150_000);
    const { host } = await serve((request, response) => {
      const from = startOf(request);
      sendPart(response, from === 0 ? blob.bytes : other, {
        from,
        ...(from === 0 ? { cutAfter: 50_000 } : {}),
      });
    });
    expect((await failureOf(readFrom(repositoryAt(host), blob))).code).toBe('digest-mismatch');
  });
});

describe('content that came in part before', () => {
  async function* known(count: number): AsyncGenerator<Uint8Array> {
    yield blob.bytes.subarray(0, count);
  }

  async function rest(store: RemoteRepository, before: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.fetchRest(blob.descriptor, before)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  it('is completed by the rest alone', async () => {
    const { host, requests } = await serve(cutting());
    expect((await rest(repositoryAt(host), known(150_000))).equals(blob.bytes.subarray(150_000))).toBe(true);
    expect(ranges(requests)).toEqual(['bytes=150000-']);
  });

  it('needs no request when it is whole, and begins without a range when there is none', async () => {
    const { host, requests } = await serve(cutting());
    expect(await rest(repositoryAt(host), known(size))).toHaveLength(0);
    expect(requests).toHaveLength(0);
    expect(await rest(repositoryAt(host), known(0))).toHaveLength(size);
    expect(ranges(requests)).toEqual([undefined]);
  });

  it.each([
    ['wrong', [Buffer.from(blob.bytes.subarray(0, 99)).fill('x')], 'digest-mismatch'],
    ['too long', [blob.bytes, blob.bytes], 'size-mismatch'],
  ])('and is %s: says so', async (_what, chunks, code) => {
    const { host } = await serve(cutting());
    async function* before(): AsyncGenerator<Uint8Array> {
      yield* chunks;
    }
    expect((await failureOf(rest(repositoryAt(host), before()))).code).toBe(code);
  });
});

describe('several blobs at once', () => {
  it('tell how far they are', async () => {
    const { host } = await serve(cutting(50_000));
    const told: number[] = [];
    for await (const _ of repositoryAt(host).fetch(blob.descriptor, {
      progress: (bytes) => told.push(bytes),
    }));
    expect(told.at(-1)).toBe(size);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  it('wait in line beyond the limit, and a manifest does not', async () => {
    const image = imageOf();
    let open = 0;
    let most = 0;
    const finish: (() => void)[] = [];
    const { host } = await serve((request, response) => {
      if (request.url?.includes('/manifests/')) return send(response, image);
      open += 1;
      most = Math.max(most, open);
      response.writeHead(200, { 'content-length': `${size}` }).write(blob.bytes.subarray(0, 50_000));
      finish.push(() => {
        open -= 1;
        response.end(blob.bytes.subarray(50_000));
      });
    });
    const store = repositoryAt(host);
    const reads = Array.from({ length: 9 }, () => expectWhole(store));
    await expect.poll(() => finish.length).toBe(3);
    expect(await store.resolve('v1')).toMatchObject({ kind: 'resolved' });
    expect(finish).toHaveLength(3);
    for (let done = 0; done < 9; done += 1) {
      await expect.poll(() => finish.length).toBeGreaterThan(done);
      finish[done]?.();
    }
    await Promise.all(reads);
    expect(most).toBe(3);
  });

  it('give their place back when they fail and when they are left', async () => {
    const { host } = await serve((request, response) => {
      if (request.url?.includes(blob.descriptor.digest)) send(response, blob);
      else response.writeHead(404).end();
    });
    const store = repositoryAt(host);
    for (let at = 0; at < 5; at += 1) {
      expect((await failureOf(readFrom(store, blobOf('absent')))).code).toBe('not-found');
      for await (const _ of store.fetch(blob.descriptor)) break;
    }
    await expectWhole(store);
  });
});
