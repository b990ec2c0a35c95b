import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Credential, RemoteRepository, TransportOptions } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { blobOf, imageOf } from '../fakes/oci-content.ts';
import type { Answerer, ScriptedServer } from '../fakes/scripted-server.ts';
import { failureOf, repositoryAt, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const credential: Credential = { kind: 'basic', username: 'me', password: 'hunter2' };
const basic = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
const scope = 'repository:team/app:pull';

interface TokenRegistry {
  readonly registry: ScriptedServer;
  readonly auth: ScriptedServer;
  /** Tokens that the registry accepts. */
  readonly valid: Set<string>;
  /** Answers for the token server, in turn; then fresh tokens. */
  readonly replies: ((response: ServerResponse) => void)[];
}

/** A registry that wants a token of a server of its own. */
async function tokenRegistry(realm?: (own: string) => string): Promise<TokenRegistry> {
  const valid = new Set<string>();
  const replies: ((response: ServerResponse) => void)[] = [];
  const auth = await serve((_, response) => {
    const reply = replies.shift();
    if (reply !== undefined) return reply(response);
    const token = `token-${valid.size + 1}`;
    valid.add(token);
    response.end(JSON.stringify({ token, expires_in: 300 }));
  });
  const challenge = `Bearer realm="${(realm ?? String)(`${auth.url}/token`)}",service="reg",scope="${scope}"`;
  const registry = await serve((request, response) => {
    const [, token = ''] = /^Bearer (.*)$/.exec(request.headers.authorization ?? '') ?? [];
    if (valid.has(token))
      response.writeHead(200, { 'content-type': image.descriptor.mediaType }).end(image.bytes);
    else response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  return { registry, auth, valid, replies };
}

function repository({ host }: ScriptedServer, options: TransportOptions = {}): RemoteRepository {
  return repositoryAt(host, { retry: { baseDelayMs: 1, attempts: 2 }, ...options });
}

const credentials = (): Credential => credential;
const statuses = (server: ScriptedServer): (string | undefined)[] =>
  server.requests.map(({ headers }) => headers.authorization);

describe('a registry that wants a token', () => {
  it('gets one as anybody, and the next request brings it at once', async () => {
    const { registry, auth } = await tokenRegistry();
    const store = repository(registry);
    await store.resolve('v1');
    await store.resolve('v1');
    expect(statuses(registry)).toEqual([undefined, 'Bearer token-1', 'Bearer token-1']);
    expect(auth.requests).toHaveLength(1);
    expect(auth.requests[0]?.headers.authorization).toBeUndefined();
    const query = new URL(auth.requests[0]?.url ?? '', auth.url).searchParams;
    expect([...query]).toEqual([
      ['service', 'reg'],
      ['scope', scope],
    ]);
  });

  it('gets one by the credential, which the registry itself never sees', async () => {
    const { registry, auth } = await tokenRegistry();
    await repository(registry, { credentials }).resolve('v1');
    expect(statuses(auth)).toEqual([basic]);
    expect(statuses(registry)).toEqual([undefined, 'Bearer token-1']);
  });

  it('gets one for all who ask at the same time', async () => {
    const { registry, auth } = await tokenRegistry();
    const store = repository(registry);
    await Promise.all(Array.from({ length: 6 }, () => store.resolve('v1')));
    expect(auth.requests).toHaveLength(1);
  });

  it('gets another, once, when it no longer takes the first', async () => {
    const { registry, auth, valid } = await tokenRegistry();
    const store = repository(registry);
    await store.resolve('v1');
    valid.delete('token-1');
    valid.add('unused');
    await store.resolve('v1');
    expect(statuses(registry).slice(2)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(auth.requests).toHaveLength(2);
  });

  it('is not asked forever when it takes none', async () => {
    const { registry, replies, auth } = await tokenRegistry();
    for (let at = 0; at < 9; at += 1) replies.push((response) => void response.end('{"token":"worthless"}'));
    const error = await failureOf(repository(registry).resolve('v1'));
    expect({ code: error.code, status: error.details.status }).toEqual({ code: 'unauthorized', status: 401 });
    expect([registry.requests.length, auth.requests.length]).toEqual([2, 1]);
  });

  it.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    ['refuses the credential', (response) => void response.writeHead(401).end(), 'unauthorized', /got 401$/],
    ['is not there', (response) => void response.writeHead(404).end('not found'), 'protocol', /got 404/],
    ['is down', (response) => void response.writeHead(503).end(), 'server-error', /got 503/],
    [
      'wants a wait',
      (response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
      'rate-limited',
      /got 429/,
    ],
    [
      'sends us elsewhere',
      (response) => void response.writeHead(307, { location: '/other' }).end(),
      'protocol',
      /got 307/,
    ],
    ['gives no JSON', (response) => void response.end('<html>'), 'protocol', /expected a token in JSON/],
    ['gives no token', (response) => void response.end('{}'), 'protocol', /expected a token, got none/],
    [
      'gives a megabyte',
      (response) => void response.end('x'.repeat(1024 * 1024)),
      'too-large',
      /at most 131072 bytes/,
    ],
  ])('fails by name when its token server %s', async (_behaviour, reply, code, message) => {
    const { registry, auth, replies } = await tokenRegistry();
    replies.push(reply, reply);
    const error = await failureOf(repository(registry, { credentials }).resolve('v1'));
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringMatching(message),
    });
    expect(error.subject).toBe(`token server ${auth.host} of ${registry.host}`);
    expect(error.message).not.toMatch(/hunter2|aHVudGVy/);
  });

  it('gets a token with the right to push from the first request of an upload on', async () => {
    const { registry, auth } = await tokenRegistry();
    const blob = blobOf('x');
    await repository(registry).push(blob.descriptor, blob.bytes);
    expect(new URL(auth.requests[0]?.url ?? '', auth.url).searchParams.getAll('scope')).toEqual([
      'repository:team/app:pull,push',
    ]);
  });

  it('lets the caller go while the token server is silent', async () => {
    const { registry, replies } = await tokenRegistry();
    replies.push(() => {});
    const controller = new AbortController();
    const wait = repository(registry).resolve('v1', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(wait).rejects.toThrow('enough');
  });
});

describe('a registry that names a token server elsewhere', () => {
  const elsewhere = (url: string): string => url.replace('127.0.0.1', 'localhost');

  it('gets no credential there, and the error says why', async () => {
    const { registry, auth } = await tokenRegistry(elsewhere);
    const error = await failureOf(repository(registry, { credentials }).resolve('v1'));
    expect(error.message).toContain('unencrypted localhost');
    expect(auth.requests).toHaveLength(0);
  });

  it.each([
    ['https://evil.example/token', 'unauthorized', /credentials go there only when it is a trusted realm/],
    ['https://169.254.169.254/token', 'protocol', /link-local address/],
    ['http://evil.example/token', 'protocol', /unencrypted evil.example/],
    ['nonsense://x', 'protocol', /nonsense/],
  ])('%s: no request leaves', async (realm, code, message) => {
    const { registry } = await tokenRegistry(() => realm);
    const error = await failureOf(repository(registry, { credentials }).resolve('v1'));
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringMatching(message),
    });
    expect(error.message).not.toContain('hunter2');
  });
});

describe('a registry that wants a password', () => {
  const guarded: Answerer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization === basic) {
      response.writeHead(200, { 'content-type': image.descriptor.mediaType }).end(image.bytes);
    } else response.writeHead(401, { 'www-authenticate': ['Negotiate', 'Basic realm="r"'] }).end();
  };

  it('gets it once it has asked, and from then on at once', async () => {
    const registry = await serve(guarded);
    const store = repository(registry, { credentials });
    await store.resolve('v1');
    await store.resolve('v1');
    expect(statuses(registry)).toEqual([undefined, basic, basic]);
  });

  it('is not asked again with what it has refused', async () => {
    const registry = await serve(guarded);
    const wrong = { ...credential, password: 'wrong' };
    const store = repository(registry, { credentials: () => wrong });
    expect((await failureOf(store.resolve('v1'))).code).toBe('unauthorized');
    expect((await failureOf(store.resolve('v1'))).code).toBe('unauthorized');
    expect(registry.requests).toHaveLength(3);
  });

  it('refuses anybody without one', async () => {
    const registry = await serve(guarded);
    expect((await failureOf(repository(registry).resolve('v1'))).code).toBe('unauthorized');
    expect(registry.requests).toHaveLength(1);
  });
});

describe('mounting from another repository', () => {
  async function scene(tokenStatus: number) {
    const auth = await serve((_, response) => void response.writeHead(tokenStatus).end('{"token":"t"}'));
    const challenge = `Bearer realm="${auth.url}/token",service="reg",scope="repository:team/app:pull,push"`;
    const registry = await serve(({ headers }, response) => {
      if (headers.authorization === 'Bearer t') response.writeHead(201).end();
      else response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    const mount = () =>
      repository(registry).mount(blobOf('content').descriptor, repositoryAt(registry.host, {}, 'team/base'));
    const scopes = () => auth.requests.map(({ url }) => new URL(url, auth.url).searchParams.getAll('scope'));
    return { mount, scopes };
  }

  it('asks for the right to read that one, behind the right to write this one', async () => {
    const { mount, scopes } = await scene(200);
    expect(await mount()).toBe(true);
    expect(scopes()).toEqual([['repository:team/app:pull,push', 'repository:team/base:pull']]);
  });

  it('is left alone where the token server does not give both', async () => {
    const { mount } = await scene(403);
    expect(await mount()).toBe(false);
  });
});
