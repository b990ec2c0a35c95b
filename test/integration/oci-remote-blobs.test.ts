import type { ServerResponse } from 'node:http';
import type { Credential, OciErrorCode } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { blobOf, imageOf, type OciContent } from '../fakes/oci-content.ts';
import { type Answerer, bodyOf, type ScriptedServer } from '../fakes/scripted-server.ts';
import { failureOf, readFrom, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const blob = blobOf('0123456789'.repeat(100));
const secret: Credential = { kind: 'basic', username: 'me', password: 'hunter2' };
const secretHeader = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;

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
    const store = repositoryAt(host, { limits: { headersMs: 300, idleMs: 300 }, retry: { attempts: 1 } });
    const error = await failureOf(readFrom(store, blob));
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
    const reading = readFrom(repositoryAt(host), blob, controller.signal);
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
    expect(Buffer.from(await readFrom(repositoryAt(host), inline(data)))).toEqual(Buffer.from(blob.bytes));
    const wrong = Buffer.from('9'.repeat(1000)).toString('base64');
    expect((await failureOf(readFrom(repositoryAt(host), inline(wrong)))).code).toBe('digest-mismatch');
    expect((await failureOf(readFrom(repositoryAt(host), inline(data.repeat(9))))).code).toBe(
      'size-mismatch',
    );
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
    const store = repositoryAt(registry.host, { credentials: () => secret });
    expect(Buffer.from(await readFrom(store, blob))).toEqual(Buffer.from(blob.bytes));
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
    expect(await readFrom(repositoryAt(registry.host, { credentials: () => secret }), blob)).toHaveLength(
      1000,
    );
  });

  it.each([404, 403, 401])(
    'to storage that answers %i says nothing about the registry, and is asked for anew',
    async (status) => {
      const storage = await serve((_, response) => void response.writeHead(status, challenge).end());
      const registry = await serve(
        (_, response) => void response.writeHead(307, { location: `${storage.url}/x` }).end(),
      );
      const store = repositoryAt(registry.host, { credentials: () => secret });
      const error = await failureOf(readFrom(store, blob));
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
    await repositoryAt(server.host).push(blob.descriptor, blob.bytes);
    const put = server.requests.find(({ method }) => method === 'PUT');
    expect(put?.url).toBe(`${expected}${encodeURIComponent(blob.descriptor.digest)}`);
    expect(put?.headers['content-length']).toBe('1000');
  });

  it('at another host: the bytes go there, the credential does not', async () => {
    const storage = await upload(() => '');
    const server = await upload(() => `${storage.url}/elsewhere`, storage.url);
    await repositoryAt(server.host, { credentials: () => secret }).push(blob.descriptor, blob.bytes);
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
    expect((await failureOf(repositoryAt(server.host).push(blob.descriptor, blob.bytes))).code).toBe(
      'protocol',
    );
  });

  it('streams, and stops when the source is not what it was said to be', async () => {
    const server = await upload(() => '/upload');
    const store = repositoryAt(server.host);
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
    expect((await failureOf(repositoryAt(host).push(image.descriptor, image.bytes))).code).toBe(
      'digest-mismatch',
    );
  });
});
