import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Credential,
  openLayout,
  type RegistryAuth,
  type RegistryServer,
  RemoteRepository,
  serveRegistry,
  sha256,
  Transport,
} from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;
let server: RegistryServer | undefined;
const transports: Transport[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oci-auth-'));
});
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  await server?.close();
  await rm(directory, { recursive: true });
});

const users: RegistryAuth['users'] = [
  { name: 'admin', password: 'secret' },
  {
    name: 'team',
    password: 'pässword: with colon',
    permits: (repository, action) => repository.startsWith('team/') && action !== 'delete',
  },
];
const admin: Credential = { kind: 'basic', username: 'admin', password: 'secret' };
const team: Credential = { kind: 'basic', username: 'team', password: 'pässword: with colon' };

async function serve(auth: RegistryAuth): Promise<string> {
  server = await serveRegistry({ layout: await openLayout(directory), auth });
  return server.url;
}

function repository(url: string, name: string, credential?: Credential): RemoteRepository {
  const transport = new Transport({ credentials: () => credential });
  transports.push(transport);
  return new RemoteRepository({ host: new URL(url).host, repository: name, transport });
}

/** Of the system: the one that every Linux has. */
const openssl = 'openssl';

const bytes = Buffer.from('content');
const blob = { mediaType: 'application/octet-stream', digest: sha256(bytes), size: bytes.byteLength };
const emptyIndex = Buffer.from(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const index = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  digest: sha256(emptyIndex),
  size: emptyIndex.byteLength,
};

async function codeOf(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
}

/** Deletes the tag v1 of a user's repository, by HTTP as it is. */
async function untag(url: string, { name, password }: RegistryAuth['users'][number]): Promise<number> {
  const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const asked = await fetch(`${url}/token?scope=repository:${name}/app:delete`, {
    headers: { authorization: basic },
  });
  const { token } = asked.ok ? ((await asked.json()) as { token: string }) : {};
  const authorization = token === undefined ? basic : `Bearer ${token}`;
  const answer = await fetch(`${url}/v2/${name}/app/manifests/v1`, {
    method: 'DELETE',
    headers: { authorization },
  });
  return answer.status;
}

describe.each(['basic', 'token'] as const)('a registry with %s authentication', (kind) => {
  it('lets a user push, tag, read and delete', async () => {
    const url = await serve({ kind, users });
    const store = repository(url, 'a/b', admin);
    await store.push(blob, bytes);
    await store.push(index, emptyIndex);
    await store.tag(index, 'v1');
    expect(await store.resolve('v1')).toMatchObject({ descriptor: { digest: index.digest } });
    await store.delete(index);
    expect(await codeOf(store.resolve('v1'))).toBe('not-found');
  });

  it.each<readonly [string, Credential | undefined]>([
    ['nobody', undefined],
    ['a stranger', { kind: 'basic', username: 'nobody', password: 'secret' }],
    ['a user with a wrong password', { kind: 'basic', username: 'admin', password: 'secret2' }],
  ])('refuses %s', async (_who, credential) => {
    const url = await serve({ kind, users });
    const store = repository(url, 'a/b', credential);
    expect(await codeOf(store.exists(blob))).toBe('unauthorized');
    expect(await codeOf(store.push(blob, bytes))).toBe('unauthorized');
  });

  it('holds a user to what is permitted', async () => {
    const url = await serve({ kind, users });
    const denied = kind === 'basic' ? 'denied' : 'unauthorized';
    expect(await codeOf(repository(url, 'team/app', team).push(blob, bytes))).toBe('done');
    await repository(url, 'team/app', team).push(index, emptyIndex);
    expect(await codeOf(repository(url, 'other', team).push(blob, bytes))).toBe(denied);
    expect(await codeOf(repository(url, 'other', team).exists(blob))).toBe(denied);
    expect(await codeOf(repository(url, 'team/app', team).delete(index))).toBe(denied);
  });

  it('lets a user with limits delete tags, and no content that repositories share', async () => {
    const limited = { name: 'mallory', password: 'm', permits: (name: string) => name === 'mallory/app' };
    const url = await serve({ kind, users: [...users, limited] });
    await repository(url, 'a/b', admin).push(blob, bytes);
    await repository(url, 'a/b', admin).push(index, emptyIndex);
    const own = repository(url, 'mallory/app', { kind: 'basic', username: 'mallory', password: 'm' });
    const denied = kind === 'basic' ? 'denied' : 'unauthorized';
    expect(await codeOf(own.delete(blob))).toBe(denied);
    expect(await codeOf(own.delete(index))).toBe(denied);
    expect(await repository(url, 'a/b', admin).exists(blob)).toBe(true);
    await own.push(index, emptyIndex);
    await own.tag(index, 'v1');
    expect(await untag(url, limited)).toBe(202);
    expect(await codeOf(own.resolve('v1'))).toBe('not-found');
  });

  it('lets everybody read when it is told to, and nobody else write', async () => {
    const url = await serve({ kind, users, anonymousPull: true });
    await repository(url, 'a/b', admin).push(blob, bytes);
    const store = repository(url, 'a/b');
    expect(await store.exists(blob)).toBe(true);
    expect(await codeOf(store.push({ ...index, mediaType: blob.mediaType }, emptyIndex))).toBe(
      'unauthorized',
    );
  });

  it('asks who is there at /v2/ in any case, and tells no names of repositories', async () => {
    const url = await serve({ kind, users, anonymousPull: false });
    const base = await fetch(`${url}/v2/`);
    expect(base.status).toBe(401);
    expect(base.headers.get('www-authenticate')).toMatch(
      kind === 'basic' ? /^Basic realm=/ : /^Bearer realm=/,
    );
    expect(await base.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    expect((await fetch(`${url}/v2/_catalog`)).status).toBe(401);
  });
});

describe('a registry with token authentication', () => {
  const basic = (user: string, password: string): string =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  async function tokenFor(url: string, scope: string, authorization: string): Promise<string> {
    const query = new URLSearchParams({ scope });
    const answer = await fetch(`${url}/token?${query}`, { headers: { authorization } });
    const { token } = (await answer.json()) as { token: string };
    return token;
  }
  const asked = async (url: string, token: string): Promise<number> =>
    (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;

  it('names its token endpoint and the scope', async () => {
    const url = await serve({ kind: 'token', users });
    const answer = await fetch(`${url}/v2/a/b/blobs/uploads/`, { method: 'POST' });
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="${url}/token",service="${new URL(url).host}",scope="repository:a/b:pull,push"`,
    );
  });

  it('gives a token that is good for its scopes alone', async () => {
    const url = await serve({ kind: 'token', users });
    const token = await tokenFor(url, 'repository:a/b:pull', basic('admin', 'secret'));
    expect(await asked(`${url}/v2/`, token)).toBe(200);
    expect(await asked(`${url}/v2/a/b/tags/list`, token)).toBe(404);
    expect(await asked(`${url}/v2/a/c/tags/list`, token)).toBe(401);
    expect(await asked(`${url}/v2/_catalog`, token)).toBe(401);
    const catalog = await tokenFor(url, 'registry:catalog:*', basic('admin', 'secret'));
    expect(await asked(`${url}/v2/_catalog`, catalog)).toBe(200);
  });

  it.each([
    ['of another registry', (_: string, other: string) => other],
    ['whose claims were changed', (own: string) => `x${own}`],
    ['whose signature was cut', (own: string) => own.slice(0, -1)],
    ['that is none', () => 'no-token'],
    ['that is huge', () => 'x'.repeat(12_000)],
  ])('refuses a token %s', async (_what, forge) => {
    const url = await serve({ kind: 'token', users });
    const scope = 'repository:a/b:pull';
    const other = await serveRegistry({
      layout: await openLayout(directory),
      auth: { kind: 'token', users },
    });
    const foreign = await tokenFor(other.url, scope, basic('admin', 'secret'));
    await other.close();
    const token = forge(await tokenFor(url, scope, basic('admin', 'secret')), foreign);
    expect(await asked(`${url}/v2/a/b/tags/list`, token)).toBe(401);
  });

  it('gives no token for a wrong password, and takes no password elsewhere', async () => {
    const url = await serve({ kind: 'token', users });
    const wrong = await fetch(`${url}/token`, { headers: { authorization: basic('admin', 'no') } });
    expect(wrong.status).toBe(401);
    const elsewhere = { headers: { authorization: basic('admin', 'secret') } };
    expect((await fetch(`${url}/v2/a/b/tags/list`, elsewhere)).status).toBe(401);
  });

  it('has no token endpoint without token authentication', async () => {
    expect((await fetch(`${await serve({ kind: 'basic', users })}/token`)).status).toBe(404);
  });
});

describe('a registry with TLS', () => {
  it('answers over HTTPS with its own certificate', async () => {
    const files = ['key.pem', 'cert.pem'].map((name) => join(directory, name));
    const [key = '', cert = ''] = files;
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      openssl,
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    const tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
    server = await serveRegistry({
      layout: await openLayout(join(directory, 'layout')),
      tls,
      auth: { kind: 'token', users },
    });
    const { url } = server;
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:/);
    const { status, challenge } = await new Promise<{ status?: number; challenge?: string }>(
      (resolve, reject) => {
        request(`${url}/v2/`, { ca: tls.cert }, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode ?? 0, challenge: answer.headers['www-authenticate'] ?? '' });
        })
          .once('error', reject)
          .end();
      },
    );
    expect(status).toBe(401);
    expect(challenge).toContain(`realm="${url}/token"`);
  });
});
