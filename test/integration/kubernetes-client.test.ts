import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/index.ts';
import { createKubernetesClient, type KubernetesClient } from '../../src/target/index.ts';
import { type ScriptedServer, scriptedServer } from '../fakes/scripted-server.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

const metadata = { name: 'a', namespace: 'ns', uid: 'u', resourceVersion: '5' };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a' };
const resource = { ...ref, plural: 'configmaps', namespaced: true, watchable: true };
const forced = { fieldManager: 'test', force: true, dryRun: false };

/** Any answer of no API. */
const other =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };
/** Sends as much as is read, until nobody reads any more. */
const endless =
  (chunk: Buffer, told: (length: number) => void = () => undefined): Answer =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    function* chunks(): Generator<Buffer> {
      for (;;) {
        told(chunk.length);
        yield chunk;
      }
    }
    await pipeline(Readable.from(chunks()), response).catch(() => undefined);
  };
const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'audit-id': '1', ...headers });
    response.end(JSON.stringify(body));
  };
const statusOf = (code: number, message: string, headers: Record<string, string> = {}): Answer =>
  json(code, { kind: 'Status', apiVersion: 'v1', code, message }, headers);
const found = json(200, object);
const cut: Answer = (response) => {
  response.socket?.destroy();
};
const core = json(200, {
  kind: 'APIResourceList',
  resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['list', 'watch'] }],
});
const failing = (code: string, words = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(words) });

describe('the client of a Kubernetes API that behaves badly', () => {
  let server: ScriptedServer;
  let client: KubernetesClient;
  let answers: Answer[];
  const slept: number[] = [];
  const { signal } = new AbortController();

  /** Waits for nothing, and remembers for how long it would have. */
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async (ms) => {
      slept.push(ms);
    },
  };

  const accessTo = ({ url }: ScriptedServer) =>
    ({
      server: url,
      insecureSkipVerify: false,
      login: { token: { kind: 'inline', text: 'secret-token' } },
    }) as const;
  const random = { next: () => 0.5 };
  const options = { userAgent: 'sealift/test', clock, random, environment: {} };

  beforeEach(async () => {
    slept.length = 0;
    answers = [];
    server = await scriptedServer(async (request, response) => {
      const answer = request.url === '/api/v1' ? core : (answers.shift() ?? statusOf(500, 'nothing more'));
      await answer(response, request);
    });
    client = createKubernetesClient(accessTo(server), options);
  });

  afterEach(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
  });

  const asked = (): readonly string[] =>
    server.requests.filter(({ url }) => url !== '/api/v1').map(({ method }) => method);

  it.each<[string, Answer, number]>([
    ['asks for fewer requests', statusOf(429, 'later', { 'retry-after': '1' }), 1100],
    ['is busy', statusOf(503, 'starting'), 100],
    ['names a time with any failure', statusOf(500, 'timeout', { 'retry-after': '2' }), 2100],
    ['stands behind something that cannot reach it', other(502, '<html>'), 100],
    ['ends the connection', cut, 100],
  ])('comes back when it %s', async (_what, answer, ms) => {
    answers = [answer, found];
    const { object: applied } = await client.apply(object, forced, signal);
    expect(applied).toEqual(object);
    expect(asked()).toEqual(['PATCH', 'PATCH']);
    expect(slept).toEqual([ms]);
  });

  it('gives up after five tries, and tells what the last one said', async () => {
    answers = Array(9).fill(statusOf(503, 'starting'));
    await expect(client.get(ref, signal)).rejects.toEqual(failing('TARGET_BUSY', 'starting'));
    expect(asked()).toHaveLength(5);
    expect(slept).toEqual([100, 200, 400, 800]);
  });

  it('leaves a long wait to whoever asked', async () => {
    answers = [statusOf(429, 'later', { 'retry-after': '3600000' })];
    await expect(client.get(ref, signal)).rejects.toMatchObject({
      code: 'TARGET_BUSY',
      retryAfterMs: 3_600_000,
    });
    expect(slept).toEqual([]);
  });

  it('does not send a patch again that may have been carried out', async () => {
    answers = [cut, found];
    const patching = client.patch(ref, [{ op: 'remove', path: '/data' }], 'test', signal);
    await expect(patching).rejects.toEqual(failing('TARGET_UNREACHABLE'));
    expect(asked()).toEqual(['PATCH']);
  });

  it('ends its wait at once when it is told to', async () => {
    const stopping = new AbortController();
    answers = [() => stopping.abort(new Error('not any more'))];
    await expect(client.get(ref, stopping.signal)).rejects.toThrow('not any more');
  });

  it.each<[string, Answer]>([
    ['a page', other(404, '<html>', { 'content-type': 'text/html' })],
    ['the words of a Go server', other(404, '404 page not found\n')],
    ['a redirect', other(302, '', { location: 'https://elsewhere.example' })],
    ['success with a page', other(200, '<html>', { 'content-type': 'text/html' })],
    ['half of an object', json(200, { kind: 'ConfigMap' })],
    ['broken JSON', other(200, '{"a":', { 'content-type': 'application/json' })],
  ])('takes nothing for absent, deleted or empty that answers with %s', async (_what, answer) => {
    const failed = failing('TARGET_FAILED');
    answers = Array(4).fill(answer);
    await expect(client.get(ref, signal)).rejects.toEqual(failed);
    await expect(client.apply(object, forced, signal)).rejects.toEqual(failed);
    const list = client.listMetadata(resource, {}, signal)[Symbol.asyncIterator]();
    await expect(list.next()).rejects.toEqual(failed);
    answers = Array(2).fill(answer);
    await expect(client.resourceOf({ group: 'a.test', version: 'v1', kind: 'A' }, signal)).rejects.toEqual(
      failed,
    );
  });

  it.each<[string, Answer]>([
    ['a 404 of something else', other(404, '<html>')],
    ['a refusal', statusOf(403, 'no')],
  ])('does not take %s for a deletion', async (_what, answer) => {
    answers = [answer];
    await expect(client.remove(ref, {}, signal)).rejects.toThrow();
  });

  it('reads no answer without an end', async () => {
    answers = [endless(Buffer.alloc(1024 * 1024, ' '))];
    await expect(client.get(ref, signal)).rejects.toEqual(failing('TARGET_FAILED', 'at most 33554432 bytes'));
  });

  it('asks for smaller pages where one is too large', async () => {
    const large = 'x'.repeat(40 * 1024 * 1024);
    const page = (next: string) =>
      json(200, { metadata: { resourceVersion: '9', continue: next }, items: [{ metadata }] });
    answers = [page('one'), other(200, large), page('two'), page('')];
    const pages = [];
    for await (const { items } of client.listMetadata(resource, {}, signal)) pages.push(items);
    expect(pages).toEqual([[metadata], [metadata], [metadata]]);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/api/v1/configmaps?limit=500',
      '/api/v1/configmaps?limit=500&continue=one',
      '/api/v1/configmaps?limit=63&continue=one',
      '/api/v1/configmaps?limit=63&continue=two',
    ]);
  });

  it('ends a watch where the connection ends, with all that came before', async () => {
    const event = (type: string) => `${JSON.stringify({ type, object: { metadata } })}\n`;
    answers = [
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(event('ADDED') + event('MODIFIED').slice(0, 20));
        setTimeout(() => response.write(event('MODIFIED').slice(20) + event('DELETED').slice(0, 9)), 20);
        setTimeout(() => response.socket?.destroy(), 60);
      },
    ];
    const seen: string[] = [];
    for await (const { type } of client.watchMetadata(resource, {}, '1', signal)) seen.push(type);
    expect(seen).toEqual(['BOOKMARK', 'ADDED', 'MODIFIED']);
    expect(server.requests.at(-1)?.url).toBe(
      '/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=450',
    );
  });

  it('tells what it was sent with a watch that is too old, refused, or no watch', async () => {
    answers = [statusOf(410, 'too old'), statusOf(403, 'no'), other(200, '<html>\n')];
    const first = async () => {
      for await (const { type } of client.watchMetadata(resource, {}, '1', signal))
        expect(type).toBe('BOOKMARK');
    };
    await expect(first()).rejects.toEqual(failing('TARGET_EXPIRED'));
    await expect(first()).rejects.toEqual(failing('TARGET_FORBIDDEN'));
    await expect(first()).rejects.toEqual(failing('TARGET_FAILED', 'expected an event'));
  });

  it('reads no faster than its reader, and leaves nothing behind when that goes', async () => {
    let sent = 0;
    const line = `${JSON.stringify({ type: 'ADDED', object: { metadata, filler: 'x'.repeat(1000) } })}\n`;
    const left = Promise.withResolvers<void>();
    answers = [
      async (response, request) => {
        await endless(Buffer.from(line.repeat(64)), (length) => {
          sent += length;
        })(response, request);
        left.resolve();
      },
    ];
    const watch = client.watchMetadata(resource, {}, '1', signal)[Symbol.asyncIterator]();
    for (let at = 0; at < 2; at += 1) await watch.next();
    let before = -1;
    // It stops by itself: what is on its way fills the buffers of the system and no more.
    await expect
      .poll(
        () => {
          const isStill = sent === before;
          before = sent;
          return isStill;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    await watch.return?.();
    await left.promise;
  });

  it('leaves nothing behind when its reader goes after the beginning', async () => {
    const left = Promise.withResolvers<void>();
    answers = [
      (response) => {
        response.on('close', left.resolve);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('\n');
      },
    ];
    for await (const { type } of client.watchMetadata(resource, {}, '1', signal)) {
      expect(type).toBe('BOOKMARK');
      break;
    }
    await left.promise;
  });

  describe('and says nothing any more', () => {
    const silent: Answer = () => undefined;
    const half: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"apiVersion":');
    };
    const long = 600_000;

    it.each<[string, Answer, object]>([
      ['from the start', silent, { requestMs: 50, idleMs: long, watchIdleMs: long }],
      ['in the middle of an answer', half, { requestMs: long, idleMs: 50, watchIdleMs: long }],
      ['before the end of an answer', half, { requestMs: 50, idleMs: long, watchIdleMs: long }],
    ])('%s: gives up', async (_when, answer, waits) => {
      const impatient = createKubernetesClient(accessTo(server), { ...options, waits: waits as never });
      answers = [answer];
      await expect(impatient.get(ref, signal)).rejects.toEqual(failing('TARGET_TIMEOUT'));
      await impatient.close();
    });

    it('on a watch: ends it', async () => {
      const waits = { requestMs: long, idleMs: long, watchIdleMs: 50 };
      const impatient = createKubernetesClient(accessTo(server), { ...options, waits });
      answers = [half];
      const seen: string[] = [];
      for await (const { type } of impatient.watchMetadata(resource, {}, '1', signal)) seen.push(type);
      expect(seen).toEqual(['BOOKMARK']);
      await impatient.close();
    });
  });

  it('keeps its connections when somebody else’s view of it is closed', async () => {
    const other = client.as({ user: 'jane' });
    await other.close();
    answers = [found, found];
    await other.get(ref, signal);
    await client.get(ref, signal);
    const asJane = server.requests.map(({ headers }) => headers['impersonate-user']);
    expect(asJane).toEqual([undefined, 'jane', undefined]);
  });

  it('tells nobody its token, and the server who it is', async () => {
    answers = [statusOf(401, 'Bearer secret-token is not valid')];
    const failure = await client.get(ref, signal).catch((error: Error) => error);
    expect(failure).toEqual(failing('TARGET_UNAUTHENTICATED'));
    expect(server.requests.at(-1)?.headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'user-agent': 'sealift/test',
    });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('secret-token');
  });
});
