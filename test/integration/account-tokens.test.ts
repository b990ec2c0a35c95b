import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/index.ts';
import { createKubernetesClient } from '../../src/target/index.ts';
import { bodyOf, type ScriptedServer, scriptedServer } from '../fakes/scripted-server.ts';

const hour = 3_600_000;
const demand = { account: { namespace: 'edge', name: 'far' }, audiences: ['one', 'two'] };
const tokenPath = '/api/v1/namespaces/edge/serviceaccounts/far/token';
const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a' };
const metadata = { name: 'a', namespace: 'ns', uid: 'u', resourceVersion: '5' };
const core = {
  kind: 'APIResourceList',
  resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['list', 'watch'] }],
};

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'audit-id': '1' });
  response.end(JSON.stringify(body));
}

const statusOf = (code: number, message: string, more = {}) => ({
  kind: 'Status',
  apiVersion: 'v1',
  code,
  message,
  ...more,
});

/** The answer to the nth question for a token, which lives for an hour. */
const issued = (number: number) => ({
  kind: 'TokenRequest',
  metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
  status: { token: `token-${number}`, expirationTimestamp: '2026-01-01T01:00:00Z' },
});

describe('a cluster that is shown tokens of another one', () => {
  let near: ScriptedServer;
  let far: ScriptedServer;
  let home: ReturnType<typeof createKubernetesClient>;
  let client: ReturnType<typeof createKubernetesClient>;
  /** Bodies of the questions for a token. */
  let asked: unknown[];
  let give: (response: ServerResponse, number: number) => void;
  let refused: Set<string>;
  let now: number;
  const { signal } = new AbortController();

  beforeEach(async () => {
    asked = [];
    refused = new Set();
    give = (response, number) => json(response, 201, issued(number));
    now = 0;
    near = await scriptedServer(async (request, response) => {
      asked.push(JSON.parse((await bodyOf(request)).toString()));
      give(response, asked.length);
    });
    far = await scriptedServer(({ url, headers }, response) => {
      if (refused.has(headers.authorization ?? '')) json(response, 401, statusOf(401, 'Unauthorized'));
      else json(response, 200, url === '/api/v1' ? core : { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    });
    const clock: Clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
    const options = { userAgent: 'sealift/test', clock, random: { next: () => 0.5 }, environment: {} };
    const login = { token: { kind: 'inline', text: 'of-the-agent' } } as const;
    home = createKubernetesClient({ server: near.url, insecureSkipVerify: false, login }, options);
    const issue = (closing: AbortSignal) => home.issueToken(demand, closing);
    const source = { what: 'the token', issue };
    client = createKubernetesClient(
      { server: far.url, insecureSkipVerify: false, login: { issued: source } },
      options,
    );
  });
  afterEach(async () => {
    await Promise.all([client.close(), home.close()]);
    await near[Symbol.asyncDispose]();
    await far[Symbol.asyncDispose]();
  });

  const get = () => client.get(ref, signal);
  const shown = (): readonly (string | undefined)[] =>
    far.requests.map(({ headers }) => headers.authorization);

  it('is shown one for all that is asked, which was asked for by the agent and for nobody else', async () => {
    await Promise.all([get(), get(), get()]);
    await get();
    expect(near.requests.map(({ method, url }) => [method, url])).toEqual([['POST', tokenPath]]);
    expect(near.requests[0]?.headers.authorization).toBe('Bearer of-the-agent');
    expect(asked).toEqual([
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: ['one', 'two'] },
      },
    ]);
    expect(new Set(shown())).toEqual(new Set(['Bearer token-1']));
  });

  it('is shown another one shortly before the end of the first, counted from when that was made', async () => {
    now = Date.parse('2031-01-01T00:00:00Z');
    await get();
    now += hour - 11_000;
    await get();
    expect(asked.length).toBe(1);
    now += 1_000;
    await get();
    expect([asked.length, shown().at(-1)]).toEqual([2, 'Bearer token-2']);
  });

  it('is shown another one, once, when it refuses the first', async () => {
    await get();
    refused.add('Bearer token-1');
    await get();
    expect([asked.length, shown().at(-1)]).toEqual([2, 'Bearer token-2']);
    refused.add('Bearer token-2').add('Bearer token-3');
    await expect(get()).rejects.toMatchObject({
      code: 'TARGET_UNAUTHENTICATED',
      message: `${far.url}: expected the token to be accepted, got ConfigMap/ns/a: Unauthorized`,
    });
    expect(asked.length).toBe(3);
  });

  it.each([
    [
      'is not there',
      404,
      statusOf(404, 'serviceaccounts "far" not found', {
        reason: 'NotFound',
        details: { name: 'far', kind: 'serviceaccounts' },
      }),
      'serviceaccounts "far" not found',
    ],
    [
      'may not be asked for',
      403,
      statusOf(403, 'User "agent" cannot create resource "serviceaccounts/token"'),
      'cannot create resource "serviceaccounts/token"',
    ],
    ['comes from a server that has trouble', 500, statusOf(500, 'etcd is away'), 'etcd is away'],
    ['is none', 201, { status: { token: 'eyJhbGciOiJ.secret.secret' } }, 'expected a TokenRequest'],
  ])(
    'is not asked at all where a token %s, and the failure is not its own',
    async (_, status, body, words) => {
      give = (response) => json(response, status, body);
      const failed = get();
      await expect(failed).rejects.toMatchObject({
        code: 'TARGET_UNAUTHENTICATED',
        subject: 'ServiceAccount/edge/far',
        message: expect.stringContaining(`expected a token, got ${near.url}: `),
      });
      await expect(failed).rejects.toThrow(words);
      await expect(failed).rejects.not.toThrow('secret');
      expect(far.requests).toEqual([]);
      give = (response, number) => json(response, 201, issued(number));
      await expect(get()).resolves.toMatchObject({ metadata });
    },
  );

  it('can be closed while a token is asked for that does not come', async () => {
    const waiting = Promise.withResolvers<void>();
    give = () => waiting.resolve();
    const failed = expect(get()).rejects.toThrow('the client was closed');
    await waiting.promise;
    await client.close();
    await failed;
  });
});
