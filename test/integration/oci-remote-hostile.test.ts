import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  type Credential,
  OciError,
  type OciErrorCode,
  RemoteRepository,
  readAll,
  Transport,
  type TransportOptions,
} from 'oci-client-ts';
import { afterEach, describe, expect, it } from 'vitest';
import { blobOf, imageOf, type OciContent } from '../fakes/oci-content.ts';
import { type Answerer, bodyOf, type ScriptedServer, scriptedServer } from '../fakes/scripted-server.ts';

const image = imageOf();
const blob = blobOf('0123456789'.repeat(100));
const secret: Credential = { kind: 'basic', username: 'me', password: 'hunter2' };
const secretHeader = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function serve(answer: Answerer): Promise<ScriptedServer> {
  const server = await scriptedServer(answer);
  open.push(server);
  return server;
}

function repository(host: string, options: TransportOptions = {}): RemoteRepository {
  const retry = { baseDelayMs: 1, maxDelayMs: 2000, attempts: 3 };
  const transport = new Transport({ retry, ...options });
  open.push({ [Symbol.asyncDispose]: () => transport.close() });
  return new RemoteRepository({ host, repository: 'team/app', transport });
}

function send(response: ServerResponse, content: OciContent, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': content.descriptor.mediaType, ...headers }).end(content.bytes);
}

async function failureOf(act: Promise<unknown>): Promise<OciError> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OciError);
  return error as OciError;
}

function* endless(): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(65_536);
}

const read = (store: RemoteRepository, content: OciContent, signal?: AbortSignal): Promise<Uint8Array> =>
  readAll(store.fetch(content.descriptor, signal === undefined ? {} : { signal }), 1024 * 1024, 'test');

describe('a registry that answers a manifest request', () => {
  const cases: readonly [string, Answerer, OciErrorCode, RegExp][] = [
    [
      'with other content than the digest says',
      (_, response) => send(response, imageOf({ annotations: { a: 'b' } })),
      'digest-mismatch',
      /expected content of this digest, got sha256:/,
    ],
    [
      'with a digest header that lies',
      (_, response) =>
        send(response, imageOf({ annotations: { a: 'b' } }), {
          'docker-content-digest': image.descriptor.digest,
        }),
      'digest-mismatch',
      /got sha256:/,
    ],
    [
      'without end',
      (_, response) =>
        void Readable.from(endless()).pipe(
          response.writeHead(200, { 'content-type': image.descriptor.mediaType }),
        ),
      'too-large',
      /expected at most 4194304 bytes/,
    ],
    [
      'in an encoding nobody asked for',
      (_, response) => send(response, image, { 'content-encoding': 'gzip' }),
      'protocol',
      /encoded body/,
    ],
    [
      'with an empty body',
      (_, response) => send(response, blobOf('', image.descriptor.mediaType)),
      'digest-mismatch',
      /digest/,
    ],
    [
      'with a page of HTML',
      (_, response) => send(response, blobOf('<html>', 'text/html')),
      'digest-mismatch',
      /digest/,
    ],
    [
      'with not modified, unasked',
      (_, response) => void response.writeHead(304).end(),
      'protocol',
      /expected status 200, got 304/,
    ],
    [
      'by sending us to another host',
      (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/x' }).end(),
      'protocol',
      /redirect \(status 307\) that is not followed: it leads to another host/,
    ],
    [
      'by sending us in circles',
      (request, response) => void response.writeHead(307, { location: request.url ?? '' }).end(),
      'protocol',
      /limit 5/,
    ],
    [
      'with a redirect to nowhere',
      (_, response) => void response.writeHead(302).end(),
      'protocol',
      /no address/,
    ],
    [
      'that it has none',
      (_, response) =>
        void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"none"}]}'),
      'not-found',
      /got 404 MANIFEST_UNKNOWN \(none\)/,
    ],
    ['that we may not', (_, response) => void response.writeHead(403).end('<html>'), 'denied', /got 403$/],
    [
      'that it is broken',
      (_, response) => void response.writeHead(503).end('down'),
      'server-error',
      /got 503 \(down\)/,
    ],
    ['by closing the connection', (_, response) => void response.destroy(), 'unreachable', /UND_ERR_SOCKET/],
    [
      'with something that is no HTTP',
      (_, response) => void response.socket?.end('hello\r\n\r\n'),
      'protocol',
      /does not match the HTTP/,
    ],
  ];

  it.each(cases)('%s: says so', async (_behaviour, answer, code, message) => {
    const { host } = await serve(answer);
    const error = await failureOf(repository(host).resolve(image.descriptor.digest));
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringMatching(message),
    });
    expect(error.subject).toBe(`${host}/team/app@${image.descriptor.digest}`);
  });

  it('with a header that lies about a tag: the digest is that of the bytes', async () => {
    const { host } = await serve((_, response) =>
      send(response, image, { 'docker-content-digest': blob.descriptor.digest }),
    );
    expect(await repository(host).resolve('v1')).toMatchObject({ descriptor: image.descriptor });
  });

  it.each([
    ['another type inside', image, 'application/vnd.oci.image.index.v1+json'],
    ['both lists', imageOf({ manifests: [] }), image.descriptor.mediaType],
  ])('with %s: refuses it', async (_behaviour, content, type) => {
    const { host } = await serve((_, response) => send(response, content, { 'content-type': type }));
    expect((await failureOf(repository(host).resolve('v1'))).code).toBe('invalid');
  });

  it('asks with all four types, and says who asks', async () => {
    const { host, requests } = await serve((_, response) =>
      send(response, image, { 'content-type': `${image.descriptor.mediaType}; charset=utf-8` }),
    );
    await repository(host).resolve('v1');
    expect(requests[0]?.headers.accept?.split(', ')).toHaveLength(4);
    expect(requests[0]?.headers['user-agent']).toMatch(/^sealift\/\d+\.\d+\.\d+$/);
  });

  it('sends no condition for content other than the digest asked for', async () => {
    const { host, requests } = await serve((_, response) => send(response, image));
    const known = { digest: blob.descriptor.digest, etag: '"x"' };
    expect(await repository(host).resolve(image.descriptor.digest, { known })).toMatchObject({
      kind: 'resolved',
    });
    expect(requests[0]?.headers['if-none-match']).toBeUndefined();
  });

  it('with an entity tag that would break a header: forgets it', async () => {
    const { host } = await serve((_, response) => send(response, image, { etag: 'no quotes' }));
    expect(await repository(host).resolve('v1')).toMatchObject({
      validator: { digest: image.descriptor.digest },
    });
    expect(
      await repository(host).resolve('v1', { known: { digest: image.descriptor.digest, etag: '"a\r\nb"' } }),
    ).toMatchObject({ kind: 'unchanged' });
  });
});

describe('a registry that is busy', () => {
  const busyFor = (failures: number, headers: Record<string, string>): Answerer => {
    let count = 0;
    return (_, response) => {
      count += 1;
      if (count > failures) send(response, image);
      else response.writeHead(429, headers).end('<html>slow down</html>');
    };
  };

  it('is asked again after the seconds it wants', async () => {
    const { host, requests } = await serve(busyFor(1, { 'retry-after': '1' }));
    const start = performance.now();
    await repository(host).resolve('v1');
    expect(performance.now() - start).toBeGreaterThan(950);
    expect(requests).toHaveLength(2);
  });

  it('is not asked again at once when it wants a long wait: the caller learns how long', async () => {
    const { host, requests } = await serve(busyFor(9, { 'retry-after': '31536000' }));
    const error = await failureOf(repository(host).resolve('v1'));
    expect(error.code).toBe('rate-limited');
    expect(error.retryable).toBe(true);
    expect(error.details).toEqual({ status: 429, retryAfterMs: 3_600_000 });
    expect(requests).toHaveLength(1);
  });

  it('is left alone after the last try', async () => {
    const { host, requests } = await serve(busyFor(9, {}));
    expect((await failureOf(repository(host).resolve('v1'))).code).toBe('rate-limited');
    expect(requests).toHaveLength(3);
  });

  it('lets go at once, and leaves nothing behind, when the caller gives up during the wait', async () => {
    const { host, requests } = await serve(busyFor(9, { 'retry-after': '2' }));
    const controller = new AbortController();
    const wait = repository(host).resolve('v1', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(wait).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });
});

describe('a registry that answers a blob request', () => {
  const cases: readonly [string, Answerer, OciErrorCode, RegExp][] = [
    [
      'with other content',
      (_, response) => send(response, blobOf('9'.repeat(1000))),
      'digest-mismatch',
      /digest/,
    ],
    [
      'with another length announced',
      (_, response) => send(response, blobOf('short'), { 'content-length': '5' }),
      'size-mismatch',
      /expected 1000 bytes, got 5 announced/,
    ],
    [
      'with more than the descriptor says, unannounced',
      (_, response) => {
        response.writeHead(200);
        response.write(blob.bytes);
        response.end('more');
      },
      'size-mismatch',
      /expected 1000 bytes, got at least/,
    ],
    [
      'with less than the descriptor says, unannounced',
      (_, response) => {
        response.writeHead(200);
        response.write(blob.bytes.subarray(0, 900));
        response.end();
      },
      'size-mismatch',
      /expected 1000 bytes, got 900/,
    ],
    [
      'and breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(blob.bytes.subarray(0, 500), () => response.destroy());
      },
      'unreachable',
      /./,
    ],
    [
      'and falls silent',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(blob.bytes.subarray(0, 500));
      },
      'timeout',
      /Body Timeout/,
    ],
    ['with silence', () => {}, 'timeout', /Headers Timeout/],
    ['that it has none', (_, response) => void response.writeHead(404).end(), 'not-found', /404/],
  ];

  it.each(cases)('%s: says so', async (_behaviour, answer, code, message) => {
    const { host } = await serve(answer);
    const store = repository(host, { limits: { headersMs: 300, idleMs: 300 }, retry: { attempts: 1 } });
    const error = await failureOf(read(store, blob));
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('and falls silent: the caller can leave in the middle', async () => {
    const { host } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write(blob.bytes.subarray(0, 500));
    });
    const controller = new AbortController();
    const reading = read(repository(host), blob, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(reading).rejects.toThrow('enough');
  });

  it('is not asked at all when the descriptor carries the content', async () => {
    const { host, requests } = await serve((_, response) => void response.writeHead(500).end());
    const data = Buffer.from(blob.bytes).toString('base64');
    const inline = (text: string): OciContent => ({
      ...blob,
      descriptor: { ...blob.descriptor, data: text },
    });
    expect(Buffer.from(await read(repository(host), inline(data)))).toEqual(Buffer.from(blob.bytes));
    const wrong = Buffer.from('9'.repeat(1000)).toString('base64');
    expect((await failureOf(read(repository(host), inline(wrong)))).code).toBe('digest-mismatch');
    expect((await failureOf(read(repository(host), inline(data.repeat(9))))).code).toBe('size-mismatch');
    expect(requests).toHaveLength(0);
  });
});

describe('a redirect of a blob', () => {
  const challenge = { 'www-authenticate': 'Basic realm="r"' };

  it('leads to storage without the credential, and back to the registry still without', async () => {
    const storage = await serve((request, response) => {
      if (request.url === '/back') response.writeHead(307, { location: `${registry.url}/last` }).end();
      else response.writeHead(307, { location: '/back' }).end();
    });
    const registry: ScriptedServer = await serve((request, response) => {
      if (request.url === '/last') send(response, blob);
      else if (request.headers.authorization === undefined) response.writeHead(401, challenge).end();
      else response.writeHead(307, { location: `${storage.url}/first?signature=x` }).end();
    });
    const store = repository(registry.host, { credentials: () => secret });
    expect(Buffer.from(await read(store, blob))).toEqual(Buffer.from(blob.bytes));
    expect(storage.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/first?signature=x', undefined],
      ['/back', undefined],
    ]);
    expect(registry.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      secretHeader,
      undefined,
    ]);
  });

  it('keeps the credential on the same host', async () => {
    const registry = await serve((request, response) => {
      if (request.headers.authorization === undefined) response.writeHead(401, challenge).end();
      else if (request.url === '/there') send(response, blob);
      else response.writeHead(302, { location: '/there' }).end();
    });
    expect(await read(repository(registry.host, { credentials: () => secret }), blob)).toHaveLength(1000);
  });

  it.each([404, 403, 401])(
    'to storage that answers %i says nothing about the registry, and is asked for anew',
    async (status) => {
      const storage = await serve((_, response) => void response.writeHead(status, challenge).end());
      const registry = await serve(
        (_, response) => void response.writeHead(307, { location: `${storage.url}/x` }).end(),
      );
      const store = repository(registry.host, { credentials: () => secret });
      const error = await failureOf(read(store, blob));
      expect(error.code).toBe('server-error');
      expect(error.message).toContain(`got ${status} from ${storage.host}`);
      expect(registry.requests).toHaveLength(3);
      expect(storage.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
      expect((await failureOf(store.exists(blob.descriptor))).code).toBe('server-error');
    },
  );
});

describe('a registry that takes an upload', () => {
  function upload(locationOf: (base: string) => string, storageUrl?: string): Promise<ScriptedServer> {
    const post = (host: string | undefined, response: ServerResponse): void =>
      void response.writeHead(202, { location: locationOf(`http://${host}`) }).end();
    return serve(async (request, response) => {
      await bodyOf(request);
      const { method, headers } = request;
      const asks = headers.authorization === undefined && storageUrl !== undefined && method !== 'HEAD';
      if (asks) response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      else if (method === 'POST') post(headers.host, response);
      else response.writeHead(method === 'HEAD' ? 404 : 201).end();
    });
  }

  it.each([
    ['relative', () => '/upload/1', '/upload/1?digest='],
    ['absolute', (base: string) => `${base}/upload/2`, '/upload/2?digest='],
    [
      'with a query that is kept to the letter',
      () => '/upload/3?_state=a%2Fb%3D+c&x',
      '/upload/3?_state=a%2Fb%3D+c&x&digest=',
    ],
    ['with an empty query', () => '/upload/4?', '/upload/4?digest='],
  ])('at a location that is %s', async (_behaviour, locationOf, expected) => {
    const server = await upload(locationOf);
    await repository(server.host).push(blob.descriptor, blob.bytes);
    const put = server.requests.find(({ method }) => method === 'PUT');
    expect(put?.url).toBe(`${expected}${encodeURIComponent(blob.descriptor.digest)}`);
    expect(put?.headers['content-length']).toBe('1000');
  });

  it('at another host: the bytes go there, the credential does not', async () => {
    const storage = await upload(() => '');
    const server = await upload(() => `${storage.url}/elsewhere`, storage.url);
    await repository(server.host, { credentials: () => secret }).push(blob.descriptor, blob.bytes);
    expect(server.requests.at(-1)?.headers.authorization).toBe(secretHeader);
    expect(storage.requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['PUT', undefined],
    ]);
  });

  it.each([
    ['nowhere', ''],
    ['at the metadata address', 'http://169.254.169.254/x'],
  ])('%s: refuses', async (_behaviour, location) => {
    const server = await upload(() => location);
    expect((await failureOf(repository(server.host).push(blob.descriptor, blob.bytes))).code).toBe(
      'protocol',
    );
  });

  it('streams, and stops when the source is not what it was said to be', async () => {
    const server = await upload(() => '/upload');
    const store = repository(server.host);
    async function* source(text: string): AsyncGenerator<Uint8Array> {
      for (const part of text.match(/.{1,100}/g) ?? []) yield Buffer.from(part);
    }
    await store.push(blob.descriptor, source('0123456789'.repeat(100)));
    expect((await failureOf(store.push(blob.descriptor, source('0123456789'.repeat(99))))).code).toBe(
      'size-mismatch',
    );
    expect((await failureOf(store.push(blob.descriptor, source('0123456789'.repeat(101))))).code).toBe(
      'size-mismatch',
    );
    expect((await failureOf(store.push(blob.descriptor, source('012345678X'.repeat(100))))).code).toBe(
      'digest-mismatch',
    );
  });

  it('and says it stored something else: fails', async () => {
    const { host } = await serve(async (request, response) => {
      await bodyOf(request);
      if (request.method === 'HEAD') response.writeHead(404).end();
      else response.writeHead(201, { 'docker-content-digest': blob.descriptor.digest }).end();
    });
    expect((await failureOf(repository(host).push(image.descriptor, image.bytes))).code).toBe(
      'digest-mismatch',
    );
  });
});

describe('a registry that lists tags', () => {
  const collect = async (store: RemoteRepository): Promise<string[]> => {
    const all: string[] = [];
    for await (const tag of store.tags()) all.push(tag);
    return all;
  };
  const json = (response: ServerResponse, body: unknown, link?: string): void =>
    void response.writeHead(200, link === undefined ? {} : { link }).end(JSON.stringify(body));

  it('in pages', async () => {
    const { host } = await serve((request, response) => {
      if (request.url?.includes('last=b')) json(response, { tags: ['b', 'c'] });
      else json(response, { tags: ['a', 'b'] }, '</v2/team/app/tags/list?n=2&last=b>; rel="next"');
    });
    expect(await collect(repository(host))).toEqual(['a', 'b', 'c']);
  });

  it('in full pages without links', async () => {
    const tags = Array.from({ length: 2500 }, (_, at) => `v${10_000 + at}`);
    const { host, requests } = await serve((request, response) => {
      const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
      const from = last === null ? 0 : tags.indexOf(last) + 1;
      json(response, { tags: tags.slice(from, from + 1000) });
    });
    expect(await collect(repository(host))).toEqual(tags);
    expect(requests).toHaveLength(3);
  });

  it('in a full page that it repeats', async () => {
    const tags = Array.from({ length: 1000 }, (_, at) => `v${at}`);
    const { host, requests } = await serve((_, response) => json(response, { tags }));
    expect(await collect(repository(host))).toHaveLength(1000);
    expect(requests).toHaveLength(2);
  });

  it('as null, or with names that are no tags', async () => {
    const empty = await serve((_, response) => json(response, { tags: null }));
    expect(await collect(repository(empty.host))).toEqual([]);
    const odd = await serve((_, response) => json(response, { tags: ['../x', '', 1, 'v1'] }));
    expect(await collect(repository(odd.host))).toEqual(['v1']);
  });

  it.each<[string, Answerer, OciErrorCode]>([
    [
      'with the rest at another host',
      (_, response) => json(response, { tags: ['a'] }, '<http://127.0.0.1:1/x>; rel="next"'),
      'protocol',
    ],
    [
      'with the same page again',
      (request, response) => json(response, { tags: ['a'] }, `<${request.url}>; rel="next"`),
      'protocol',
    ],
    [
      'without end',
      (request, response) => {
        const at = Number(new URL(request.url ?? '', 'http://x').searchParams.get('at') ?? 0);
        json(response, { tags: [] }, `</v2/team/app/tags/list?at=${at + 1}>; rel="next"`);
      },
      'too-large',
    ],
    ['as an answer without list', (_, response) => json(response, { error: 'oops' }), 'protocol'],
    ['as a page of HTML', (_, response) => void response.writeHead(200).end('<html>'), 'protocol'],
    ['of a repository that is not there', (_, response) => void response.writeHead(404).end(), 'not-found'],
  ])('%s: fails', async (_behaviour, answer, code) => {
    const { host } = await serve(answer);
    expect((await failureOf(collect(repository(host)))).code).toBe(code);
  });
});

describe('a name that would leave the repository', () => {
  it.each(['../../other/manifests/v1', 'v1?x=1', '', 'sha256:../x'])(
    '%j is refused before any request',
    async (reference) => {
      const { host, requests } = await serve((_, response) => send(response, image));
      await expect((async () => repository(host).resolve(reference))()).rejects.toMatchObject({
        code: 'invalid',
      });
      await expect(
        (async () =>
          read(repository(host), {
            ...blob,
            descriptor: { ...blob.descriptor, digest: `${reference}:x/y` },
          }))(),
      ).rejects.toMatchObject({ code: 'invalid' });
      expect(requests).toHaveLength(0);
    },
  );

  it('is refused as host or repository too', () => {
    const transport = new Transport();
    expect(() => new RemoteRepository({ host: 'a/b', repository: 'x', transport })).toThrow(OciError);
    expect(() => new RemoteRepository({ host: 'a', repository: '../x', transport })).toThrow(OciError);
  });
});
