import type { IncomingMessage } from 'node:http';
import { RemoteRepository, Transport, type Validator } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { blobOf, imageOf, indexOf, type OciContent } from '../fakes/oci-content.ts';
import type { Answerer } from '../fakes/scripted-server.ts';
import { failureOf, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const next = imageOf({ annotations: { step: '2' } });

interface Manners {
  /** Gives entity tags and honours them. */
  readonly etag?: 'honoured' | 'given';
  readonly digest?: 'named' | 'named in GET' | 'by another algorithm';
  readonly head?: number;
}

interface Registry {
  current: OciContent;
  readonly answer: Answerer;
}

function registry(manners: Manners): Registry {
  const named = (request: IncomingMessage, { descriptor }: OciContent): Record<string, string> => {
    if (manners.digest === 'by another algorithm') {
      return { 'docker-content-digest': `sha512:${'0'.repeat(128)}` };
    }
    const isNamed = manners.digest === 'named' || (manners.digest && request.method === 'GET');
    return isNamed ? { 'docker-content-digest': descriptor.digest } : {};
  };
  const state: Registry = {
    current: image,
    answer: (request, response) => {
      const etag = `"${state.current.descriptor.digest}"`;
      if (manners.head !== undefined && request.method === 'HEAD') {
        return void response.writeHead(manners.head).end();
      }
      if (manners.etag === 'honoured' && request.headers['if-none-match'] === etag) {
        return void response.writeHead(304, { etag }).end();
      }
      send(response, state.current, {
        ...(manners.etag === undefined ? {} : { etag }),
        ...named(request, state.current),
      });
    },
  };
  return state;
}

describe('a poll that finds nothing new', () => {
  const cases: readonly [string, Manners, string, number][] = [
    ['where entity tags work: conditional', { etag: 'honoured', digest: 'named' }, 'GET', 620],
    ['where they work and no digest is named', { etag: 'honoured' }, 'GET', 620],
    ['without entity tags: HEAD', { digest: 'named' }, 'HEAD', 900],
    ['with entity tags that are ignored: HEAD', { etag: 'given', digest: 'named' }, 'HEAD', 1000],
    ['without entity tags and digest: GET', {}, 'GET', 1200],
    ['with entity tags that are ignored and no digest: GET', { etag: 'given' }, 'GET', 1300],
    ['with a digest in GET alone: GET', { digest: 'named in GET' }, 'GET', 1300],
    ['with a digest by another algorithm: GET', { digest: 'by another algorithm' }, 'GET', 1500],
    ['with HEAD refused: GET', { digest: 'named', head: 405 }, 'GET', 1300],
  ];

  it.each(cases)('%s, one request on the same connection', async (_what, manners, method, most) => {
    const { answer } = registry(manners);
    const server = await serve(answer);
    const store = repositoryAt(server.host);
    let known = (await store.resolve('v1')).validator;
    // The first poll may find out what works.
    known = (await store.resolve('v1', { known })).validator;
    const before = { requests: server.requests.length, bytes: server.bytes() };
    for (let at = 0; at < 5; at += 1) {
      const found = await store.resolve('v1', { known });
      expect(found.kind).toBe('unchanged');
      known = found.validator;
    }
    expect(server.requests.slice(before.requests).map((request) => request.method)).toEqual(
      Array(5).fill(method),
    );
    expect(server.connections()).toBe(1);
    expect((server.bytes() - before.bytes) / 5).toBeLessThan(most);
    expect(known.digest).toBe(image.descriptor.digest);
  });

  it.each(cases)('%s, learned for all who use the transport', async (_what, manners, method) => {
    const server = await serve(registry(manners).answer);
    const transport = new Transport();
    const open = () => new RemoteRepository({ host: server.host, repository: 'team/app', transport });
    const { validator } = await open().resolve('v1');
    const { validator: known } = await open().resolve('v1', { known: validator });
    const before = server.requests.length;
    await open().resolve('v1', { known });
    expect(server.requests.slice(before).map((request) => request.method)).toEqual([method]);
    await transport.close();
  });

  it.each(cases)('%s, with a validator from before a restart', async (_what, manners) => {
    const server = await serve(registry(manners).answer);
    const { validator } = await repositoryAt(server.host).resolve('v1');
    const known = JSON.parse(JSON.stringify(validator)) as Validator;
    const before = server.requests.length;
    expect(await repositoryAt(server.host).resolve('v1', { known })).toMatchObject({ kind: 'unchanged' });
    expect(server.requests.length - before).toBeLessThanOrEqual(2);
  });

  it.each(cases)('%s, and then something new', async (_what, manners) => {
    const state = registry(manners);
    const { host } = await serve(state.answer);
    const store = repositoryAt(host);
    let known = (await store.resolve('v1')).validator;
    for (const content of [image, next, next, image]) {
      state.current = content;
      const isNew = content.descriptor.digest !== known.digest;
      const found = await store.resolve('v1', { known });
      expect(found.kind).toBe(isNew ? 'resolved' : 'unchanged');
      if (found.kind === 'resolved') {
        expect(found.descriptor).toEqual(content.descriptor);
        expect(Buffer.from(found.content).equals(content.bytes)).toBe(true);
      }
      known = found.validator;
    }
  });
});

describe('a poll by the type of the known manifest alone', () => {
  const index = indexOf([image.descriptor]);
  const docker = 'application/vnd.docker.distribution.manifest.v2+json';
  const dockerImage = blobOf(
    JSON.stringify({ schemaVersion: 2, mediaType: docker, config: image.descriptor, layers: [] }),
    docker,
  );
  /** What registries do with a tag whose content has a type that was not asked for. */
  const unasked: Readonly<Record<string, Answerer>> = {
    'says 404': (_request, response) => void response.writeHead(404).end(),
    'says 406': (_request, response) => void response.writeHead(406).end(),
    'says 400': (_request, response) => void response.writeHead(400).end(),
    'sends it all the same': (_request, response) => send(response, index),
    'sends another manifest in its place': (_request, response) => send(response, next),
    'sends the known manifest in its place': (_request, response) => send(response, image),
  };
  const moves = [
    { where: 'to an index', from: image, to: index },
    { where: 'to a manifest', from: index, to: next },
    { where: 'to a manifest of Docker', from: image, to: dockerImage },
    { where: 'from a manifest of Docker', from: dockerImage, to: image },
  ];

  it.each(
    Object.entries(unasked).flatMap(([does, answer]) => moves.map((move) => ({ ...move, does, answer }))),
  )('sees a tag that moves $where where the registry $does', async ({ from, to, answer }) => {
    let current = from;
    const { host } = await serve((request, response) => {
      const etag = `"${current.descriptor.digest}"`;
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
      const isAsked = request.headers.accept?.includes(current.descriptor.mediaType);
      return isAsked ? send(response, current, { etag }) : answer(request, response);
    });
    const store = repositoryAt(host);
    let known = (await store.resolve('v1')).validator;
    expect(await store.resolve('v1', { known })).toMatchObject({ kind: 'unchanged' });
    current = to;
    const found = await store.resolve('v1', { known });
    expect(found).toMatchObject({ kind: 'resolved', descriptor: to.descriptor });
    known = found.validator;
    expect(await store.resolve('v1', { known })).toMatchObject({ kind: 'unchanged', validator: known });
  });

  it('takes less than 400 bytes on a connection that is open, both ways together', async () => {
    const etag = `"${image.descriptor.digest}"`;
    const server = await serve((request, response) => {
      if (request.headers['if-none-match'] !== etag) return send(response, image, { etag });
      // What CNCF distribution sends, and nothing that Node adds.
      for (const name of ['connection', 'keep-alive']) response.removeHeader(name);
      response.writeHead(304, { 'docker-distribution-api-version': 'registry/2.0' }).end();
    });
    const store = repositoryAt(server.host);
    const { validator: known } = await store.resolve('v1');
    const before = server.bytes();
    for (let at = 0; at < 5; at += 1) await store.resolve('v1', { known });
    expect(server.connections()).toBe(1);
    expect((server.bytes() - before) / 5).toBeLessThan(400);
  });

  it('brings a changed manifest once: that the tag names it takes another question, and no body', async () => {
    let current = image;
    const { host, requests } = await serve((request, response) => {
      const etag = `"${current.descriptor.digest}"`;
      if (request.headers['if-none-match'] !== etag) return send(response, current, { etag });
      return void response.writeHead(304).end();
    });
    const store = repositoryAt(host);
    const { validator: known } = await store.resolve('v1');
    current = next;
    const found = await store.resolve('v1', { known });
    expect(found).toMatchObject({ kind: 'resolved', descriptor: next.descriptor, content: next.bytes });
    expect(requests.slice(1).map(({ headers }) => headers['if-none-match'])).toEqual([
      `"${image.descriptor.digest}"`,
      `"${next.descriptor.digest}"`,
    ]);
    expect(await store.resolve('v1', { known: found.validator })).toMatchObject({ kind: 'unchanged' });
  });

  it('asks with all types where mirrors stand for the host: one may be behind another', async () => {
    const honour = (current: OciContent): Answerer => {
      const etag = `"${current.descriptor.digest}"`;
      return (request, response) => {
        if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
        const isAsked = request.headers.accept?.includes(current.descriptor.mediaType);
        return isAsked ? send(response, current, { etag }) : void response.writeHead(404).end();
      };
    };
    const [first, behind] = [await serve(honour(index)), await serve(honour(image))];
    const capabilities = ['pull', 'resolve'] as const;
    const store = repositoryAt('registry.test', {
      mirrors: { 'registry.test': { mirrors: [first, behind].map(({ host }) => ({ host, capabilities })) } },
    });
    const known = { ...image.descriptor, etag: `"${image.descriptor.digest}"` };
    expect(await store.resolve('v1', { known })).toMatchObject({ descriptor: index.descriptor });
    expect(behind.requests).toHaveLength(0);
  });
});

describe('a poll that fails', () => {
  it.each([
    ['an outage', 503, 'server-error'],
    ['a limit', 429, 'rate-limited'],
    ['a tag that is gone', 404, 'not-found'],
    ['a lost right', 403, 'denied'],
  ] as const)('with %s is a failure, never unchanged', async (_what, status, code) => {
    let isDown = false;
    const { answer } = registry({ digest: 'named' });
    const { host } = await serve((request, response) =>
      isDown ? void response.writeHead(status).end() : answer(request, response),
    );
    const store = repositoryAt(host, { retry: { attempts: 1 } });
    const { validator } = await store.resolve('v1');
    const { validator: known } = await store.resolve('v1', { known: validator });
    isDown = true;
    expect((await failureOf(store.resolve('v1', { known }))).code).toBe(code);
  });

  it('with a digest header that is none: asks by GET', async () => {
    const { host, requests } = await serve((request, response) =>
      send(response, image, request.method === 'HEAD' ? { 'docker-content-digest': 'what?' } : {}),
    );
    const store = repositoryAt(host);
    const { validator: known } = await store.resolve('v1');
    expect(await store.resolve('v1', { known })).toMatchObject({ kind: 'unchanged' });
    expect(requests.at(-1)?.method).toBe('GET');
  });
});
