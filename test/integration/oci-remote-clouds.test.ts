import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  acrCredentials,
  type CloudRequest,
  cloudHttp,
  ecrCredentials,
  garCredentials,
  tokenFile,
} from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../fakes/scripted-server.ts';
import { failureOf, serve } from '../fixtures/remote-registry.ts';

const never = new AbortController().signal;
const post = (url: string): CloudRequest => ({
  method: 'POST',
  url: new URL(url),
  headers: { 'x-a': 'b' },
  body: 'hello',
});

describe('cloudHttp', () => {
  it('sends what it is given and brings back status, text and the wait that is asked for', async () => {
    const server = await serve(async (request, response) => {
      const text = `${request.method} ${request.headers['x-a']} ${await bodyOf(request)}`;
      response.writeHead(429, { 'retry-after': '7' }).end(text);
    });
    expect(await cloudHttp()(post(server.url), never)).toEqual({
      status: 429,
      text: 'POST b hello',
      retryAfterMs: 7_000,
    });
  });

  it('reads a date to wait for by the clock it is given', async () => {
    const date = 'Fri, 01 Jan 2100 00:00:30 GMT';
    const server = await serve((_, response) => void response.writeHead(503, { 'retry-after': date }).end());
    const now = (): number => Date.UTC(2100, 0, 1);
    const clock = { now, monotonic: () => 0, sleep: async () => {} };
    expect(await cloudHttp({ clock })(post(server.url), never)).toMatchObject({ retryAfterMs: 30_000 });
  });

  it('follows no redirect: a token would go along', async () => {
    const server = await serve((_, response) => void response.writeHead(307, { location: '/other' }).end());
    expect((await cloudHttp()(post(server.url), never)).status).toBe(307);
    expect(server.requests).toHaveLength(1);
  });

  it('reads no reply without end', async () => {
    const server = await serve((_, response) => void response.end('x'.repeat(300 * 1024)));
    expect((await failureOf(cloudHttp()(post(server.url), never))).code).toBe('too-large');
  });

  it('sends nothing unencrypted but to loopback', async () => {
    expect((await failureOf(cloudHttp()(post('http://sts.example/'), never))).code).toBe('invalid');
  });

  it('fails by name when nobody answers, or the answer breaks off', async () => {
    expect((await failureOf(cloudHttp()(post('http://127.0.0.1:1/'), never))).code).toBe('unreachable');
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('x');
      setTimeout(() => response.destroy(), 20);
    });
    expect((await failureOf(cloudHttp()(post(server.url), never))).code).toBe('unreachable');
  });

  it('lets the caller go', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const wait = cloudHttp()(post(server.url), controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(wait).rejects.toThrow('enough');
  });
});

describe('adapters of clouds over the wire', () => {
  it('sign in with the token in a file, which is read anew each time', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'oci-clouds-'));
    try {
      const file = path.join(folder, 'token');
      await writeFile(file, 'workload-token\n');
      const forms: URLSearchParams[] = [];
      const cloud = await serve(async (request, response) => {
        forms.push(new URLSearchParams((await bodyOf(request)).toString()));
        const reply =
          request.url === '/exchange' ? { refresh_token: 'r' } : { access_token: 'a', expires_in: 60 };
        response.end(JSON.stringify(reply));
      });
      const at = (place: string): URL => new URL(place, cloud.url);
      const readToken = tokenFile(file);
      const acr = {
        tenant: 't',
        clientId: 'c',
        readToken,
        endpoints: { login: at('/'), exchange: at('/exchange') },
      };
      const [identity] = await acrCredentials(acr).get({ host: 'team.azurecr.io', repository: 'a' }, never);
      expect(identity).toMatchObject({ kind: 'identity', token: 'r' });
      await writeFile(file, 'next-token');
      const gar = { audience: 'x', readToken, endpoints: { sts: at('/sts') } };
      const [basic] = await garCredentials(gar).get({ host: 'gcr.io', repository: 'a' }, never);
      expect(basic).toMatchObject({ kind: 'basic', password: 'a' });
      expect(forms.map((form) => form.get('client_assertion') ?? form.get('subject_token'))).toEqual([
        'workload-token',
        null,
        'next-token',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('send signatures that name the host they went to', async () => {
    const cloud = await serve((_, response) => {
      response.end(JSON.stringify({ authorizationData: [{ authorizationToken: 'QVdTOnA=' }] }));
    });
    const identity = { kind: 'keys', accessKeyId: 'AKID', secretAccessKey: 's' } as const;
    const provider = ecrCredentials({ identity, endpoints: { ecr: new URL(cloud.url) } });
    const found = await provider.get({ host: 'public.ecr.aws', repository: 'a' }, never);
    expect(found).toEqual([{ kind: 'basic', username: 'AWS', password: 'p' }]);
    expect(cloud.requests[0]?.headers.host).toBe(cloud.host);
    expect(cloud.requests[0]?.headers.authorization).toContain(
      'SignedHeaders=content-type;host;x-amz-date;x-amz-target,',
    );
  });
});

describe('tokenFile', () => {
  it.each([
    ['nothing', ''],
    ['lines', 'a\nb'],
    ['a token without end', 'a'.repeat(70_000)],
  ])('refuses a file with %s', async (_behaviour, text) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'oci-token-'));
    try {
      const file = path.join(folder, 'token');
      await writeFile(file, text);
      expect((await failureOf(tokenFile(file)(never))).code).toBe('invalid');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
