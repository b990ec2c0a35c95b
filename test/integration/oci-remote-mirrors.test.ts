import type {
  Credential,
  HostMirrors,
  MirrorCapability,
  RemoteRepository,
  TransportOptions,
} from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { blobOf, imageOf, indexOf } from '../fakes/oci-content.ts';
import type { Answerer, ScriptedServer } from '../fakes/scripted-server.ts';
import { failureOf, readFrom, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const blob = blobOf('content');

const holding: Answerer = (request, response) =>
  send(response, request.url?.includes('/blobs/') === true ? blob : image);
const says =
  (status: number, headers: Record<string, string> = {}): Answerer =>
  (_, response) =>
    void response.writeHead(status, headers).end();
const both: readonly MirrorCapability[] = ['pull', 'resolve'];

interface Scene {
  readonly upstream: ScriptedServer;
  readonly mirrors: readonly ScriptedServer[];
  readonly store: RemoteRepository;
  /** How many requests the mirrors and, last, the upstream got. */
  readonly counts: () => number[];
}

interface Setting {
  readonly mirrors: readonly Answerer[];
  readonly upstream?: Answerer;
  readonly capabilities?: readonly MirrorCapability[];
  readonly fallback?: boolean;
  readonly options?: TransportOptions;
}

async function scene({
  mirrors,
  upstream = holding,
  capabilities = both,
  fallback,
  options,
}: Setting): Promise<Scene> {
  const original = await serve(upstream);
  const servers = await Promise.all(mirrors.map(serve));
  const route: HostMirrors = {
    mirrors: servers.map(({ host }) => ({ host, capabilities })),
    ...(fallback === undefined ? {} : { fallback }),
  };
  const store = repositoryAt(original.host, {
    retry: { attempts: 1 },
    mirrors: { [original.host]: route },
    ...options,
  });
  const counts = (): number[] => [...servers, original].map(({ requests }) => requests.length);
  return { upstream: original, mirrors: servers, store, counts };
}

type Act = (store: RemoteRepository) => Promise<unknown>;
const resolve: Act = (store) => store.resolve('v1');
const pull: Act = (store) => readFrom(store, blob);

describe('mirrors', () => {
  it.each<[string, Setting, Act, string, number[]]>([
    ['the first that has it', { mirrors: [holding, holding] }, pull, 'ok', [1, 0, 0]],
    ['the next after 404', { mirrors: [says(404), holding] }, pull, 'ok', [1, 1, 0]],
    ['the next after 403', { mirrors: [says(403), holding] }, pull, 'ok', [1, 1, 0]],
    ['the next after 416', { mirrors: [says(416), holding] }, pull, 'ok', [1, 1, 0]],
    ['the next after 503', { mirrors: [says(503), holding] }, pull, 'ok', [1, 1, 0]],
    ['the next after 429', { mirrors: [says(429), holding] }, pull, 'ok', [1, 1, 0]],
    ['the host itself last', { mirrors: [says(404), says(500)], fallback: true }, pull, 'ok', [1, 1, 1]],
    ['not the host itself when nobody said so', { mirrors: [says(404)] }, pull, 'not-found', [1, 0]],
    [
      'not the host itself when it must not be',
      { mirrors: [says(404)], fallback: false },
      pull,
      'not-found',
      [1, 0],
    ],
    [
      'no mirror twice, and the failure before the absence',
      { mirrors: [says(500), says(404)] },
      pull,
      'server-error',
      [1, 1, 0],
    ],
    ['the failure behind the absence', { mirrors: [says(404), says(500)] }, pull, 'server-error', [1, 1, 0]],
    ['a tag, where a mirror may resolve', { mirrors: [holding] }, resolve, 'ok', [1, 0]],
    [
      'no tag, where a mirror may not',
      { mirrors: [holding], capabilities: ['pull'], fallback: true },
      resolve,
      'ok',
      [0, 1],
    ],
    [
      'no tag from anybody, where none may',
      { mirrors: [holding], capabilities: ['pull'] },
      resolve,
      'unsupported',
      [0, 0],
    ],
    [
      'content by digest from one that may only resolve',
      { mirrors: [holding], capabilities: ['resolve'], fallback: true },
      pull,
      'ok',
      [0, 1],
    ],
  ])('are asked for %s', async (...[, setting, act, expected, counts]) => {
    const { store, counts: found } = await scene(setting);
    const outcome = await act(store).then(
      () => 'ok',
      (error: { code?: string }) => error.code,
    );
    expect({ outcome, counts: found() }).toEqual({ outcome: expected, counts });
  });

  it('say that content is not there when none of them has it', async () => {
    const { store } = await scene({ mirrors: [says(404), says(404)] });
    expect(await store.exists(blob.descriptor)).toBe(false);
  });

  it.each([
    [405, 405, 405],
    [400, 404, 406],
    [401, 303, 405],
  ])('without the referrers API (%i, %i, %i) are asked for the fallback tag', async (...statuses) => {
    const listed = imageOf({ subject: image.descriptor });
    const list = indexOf([listed.descriptor]);
    const mirrors = statuses.map((status, at): Answerer => {
      const isLast = at === statuses.length - 1;
      return ({ url }, response) =>
        url?.includes('/referrers/') || !isLast
          ? void response.writeHead(url?.includes('/referrers/') ? status : 404).end()
          : send(response, list);
    });
    const { store } = await scene({ mirrors });
    const found: string[] = [];
    for await (const { digest } of store.referrers(image.descriptor)) found.push(digest);
    expect(found).toEqual([listed.descriptor.digest]);
  });

  it('without the referrers API do not hide that another one failed', async () => {
    const { store } = await scene({ mirrors: [says(503), says(405)] });
    const list = async (): Promise<void> => {
      for await (const _ of store.referrers(image.descriptor));
    };
    expect((await failureOf(list())).code).toBe('server-error');
  });

  it('never say that it is not there when one of them failed', async () => {
    const { store } = await scene({ mirrors: [says(503), says(404)] });
    expect((await failureOf(store.exists(blob.descriptor))).code).toBe('server-error');
  });

  it('get no writes, and no question that a write depends on', async () => {
    const { store, mirrors, upstream } = await scene({ mirrors: [holding], upstream: says(403) });
    await failureOf(store.push(blob.descriptor, blob.bytes));
    expect(mirrors[0]?.requests).toEqual([]);
    expect(upstream.requests.length).toBeGreaterThan(0);
  });

  it('are not asked for tags of what was written, since they may be behind', async () => {
    const taking: Answerer = (request, response) =>
      request.method === 'PUT' ? void response.writeHead(201).end() : holding(request, response);
    const { store, counts, mirrors } = await scene({ mirrors: [holding], upstream: taking });
    await store.resolve('v1');
    expect(counts()).toEqual([1, 0]);
    await store.tag(image.descriptor, 'v2');
    await store.resolve('v1');
    await pull(store);
    expect(mirrors[0]?.requests.map(({ url }) => url.split('/').at(-2))).toEqual([
      'manifests',
      'manifests',
      'blobs',
    ]);
  });

  it('never see the credential of the host they stand for, nor its token', async () => {
    const credential: Credential = { kind: 'basic', username: 'me', password: 'hunter2' };
    const challenge = { 'www-authenticate': 'Basic realm="r"' };
    const guarded: Answerer = (request, response) => {
      if (request.headers.authorization === undefined) response.writeHead(401, challenge).end();
      else void holding(request, response);
    };
    const { store, mirrors, upstream } = await scene({
      mirrors: [says(401, challenge)],
      upstream: guarded,
      fallback: true,
      options: { credentials: () => credential },
    });
    await pull(store);
    await pull(store);
    expect(upstream.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    expect(mirrors[0]?.requests.length).toBe(2);
    expect(mirrors[0]?.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('get credentials of their own, and their prefix in front of the path', async () => {
    const upstream = await serve(says(500));
    const mirror = await serve((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      } else void holding(request, response);
    });
    const own = { kind: 'basic', username: 'mirror', password: 'pw' } as const;
    const asked: string[] = [];
    const credentials = (host: string, repository: string): Credential => {
      asked.push(`${host === mirror.host} ${repository}`);
      return own;
    };
    const mirrors = [{ host: mirror.host, capabilities: both, pathPrefix: 'proxy/hub', credentials }];
    await pull(repositoryAt(upstream.host, { mirrors: { [upstream.host]: { mirrors } } }));
    expect(mirror.requests.map(({ url }) => url)).toEqual(
      Array(2).fill(`/v2/proxy/hub/team/app/blobs/${blob.descriptor.digest}`),
    );
    expect(new Set(asked)).toEqual(new Set(['true proxy/hub/team/app']));
    expect(upstream.requests).toEqual([]);
  });

  it('never lend their credentials to an upload that the registry sends there', async () => {
    const mirror = await serve(says(401, { 'www-authenticate': 'Basic realm="r"' }));
    const location = `${mirror.url}/v2/prod/manifests/${image.descriptor.digest}`;
    const upstream = await serve(({ method }, response) => {
      if (method === 'POST') response.writeHead(202, { location }).end();
      else response.writeHead(404).end();
    });
    const credentials = (): Credential => ({ kind: 'basic', username: 'mirror', password: 'pw' });
    const mirrors = [{ host: mirror.host, capabilities: both, credentials }];
    const store = repositoryAt(upstream.host, { mirrors: { [upstream.host]: { mirrors, fallback: true } } });
    await failureOf(store.push(blob.descriptor, blob.bytes));
    await expect.poll(() => mirror.requests.map(({ method }) => method)).toContain('DELETE');
    expect(mirror.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('that fail are left alone for a while, those without the content are not', async () => {
    let now = 0;
    const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
    const { store, counts } = await scene({
      mirrors: [says(503), says(404)],
      fallback: true,
      options: { clock },
    });
    await pull(store);
    await pull(store);
    expect(counts()).toEqual([1, 2, 2]);
    now = 1_000;
    await pull(store);
    expect(counts()).toEqual([2, 3, 3]);
    now = 2_999;
    await pull(store);
    expect(counts()).toEqual([2, 4, 4]);
    now = 3_000;
    await pull(store);
    expect(counts()).toEqual([3, 5, 5]);
  });

  it('give all pages of a list, once one of them has begun', async () => {
    const page: Answerer = (request, response) => {
      const next = request.url?.includes('last=a') === true;
      const link = next ? {} : { link: `</v2/team/app/tags/list?last=a>; rel="next"` };
      response.writeHead(200, link).end(JSON.stringify({ tags: [next ? 'b' : 'a'] }));
    };
    const { store, counts } = await scene({ mirrors: [says(404), page], fallback: true });
    const tags: string[] = [];
    for await (const tag of store.tags()) tags.push(tag);
    expect(tags).toEqual(['a', 'b']);
    expect(counts()).toEqual([1, 2, 0]);
  });

  it('that give other content than was asked for are not believed', async () => {
    const wrong: Answerer = (_, response) => send(response, blobOf('CONTENT'));
    const { store } = await scene({ mirrors: [wrong] });
    expect((await failureOf(pull(store))).code).toBe('digest-mismatch');
  });

  it('that give wrong content are left alone, and the next try gets it from another', async () => {
    const wrong: Answerer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('CONTENT');
    };
    const { store, counts } = await scene({ mirrors: [wrong, holding] });
    expect((await failureOf(pull(store))).code).toBe('digest-mismatch');
    await pull(store);
    expect(counts()).toEqual([1, 1, 0]);
  });

  it.each(['the first', 'the second'])(
    'of which %s gives wrong bytes and each a part: the next tries show which it was',
    async (guilty) => {
      let now = 0;
      const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
      const large = blobOf('0123456789'.repeat(2000));
      const bytesOf = (which: string): Uint8Array =>
        guilty === which ? large.bytes.map((byte) => byte + 1) : large.bytes;
      let cuts = 1;
      const first: Answerer = ({ headers }, response) => {
        const isCut = cuts > 0;
        cuts = 0;
        if (headers.range !== undefined) return void response.writeHead(404).end();
        if (!isCut) return send(response, { ...large, bytes: bytesOf('the first') });
        response.writeHead(200, { 'content-length': large.bytes.byteLength });
        response.write(bytesOf('the first').subarray(0, 10_000), () => response.destroy());
      };
      const second: Answerer = ({ headers }, response) => {
        const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
        const range = { 'content-range': `bytes ${from}-19999/20000` };
        response.writeHead(from === 0 ? 200 : 206, from === 0 ? {} : range);
        response.end(bytesOf('the second').subarray(from));
      };
      const { store, counts } = await scene({ mirrors: [first, second], options: { clock } });
      const act = () => readFrom(store, large);
      expect((await failureOf(act())).code).toBe('digest-mismatch');
      expect(counts()).toEqual([2, 1, 0]);
      const isRight = () =>
        act().then(
          () => true,
          () => false,
        );
      expect(await isRight()).toBe(guilty === 'the first');
      now = 1_000;
      expect(await isRight()).toBe(guilty === 'the second');
      expect(counts()).toEqual([3, 2, 0]);
      expect(await isRight()).toBe(true);
    },
  );

  it.each<[string, Act]>([
    ['fetched', (store) => readFrom(store, image)],
    ['resolved', (store) => store.resolve(image.descriptor.digest)],
  ])('that give a wrong manifest when it is %s are passed over, and then left alone', async (_how, act) => {
    const wrong: Answerer = (_, response) => send(response, { ...image, bytes: image.bytes.toReversed() });
    const { store, counts } = await scene({ mirrors: [wrong, holding] });
    await act(store);
    await act(store);
    expect(counts()).toEqual([1, 2, 0]);
  });

  it('are named in errors', async () => {
    const { store, mirrors } = await scene({ mirrors: [says(500)] });
    const error = await failureOf(pull(store));
    expect(error.subject).toContain(`from mirror ${mirrors[0]?.host}`);
  });

  it.each([
    ['a host', { host: 'Not A Host', capabilities: both }],
    ['a capability', { host: 'mirror.example', capabilities: [] }],
    ['a path prefix', { host: 'mirror.example', capabilities: both, pathPrefix: '../x' }],
  ])('without %s are refused when the transport is made', (_behaviour, mirror) => {
    expect(() => repositoryAt('reg.example', { mirrors: { 'reg.example': { mirrors: [mirror] } } })).toThrow(
      /^mirror /,
    );
  });

  it('let the caller go', async () => {
    const { store } = await scene({ mirrors: [() => {}, holding], fallback: true });
    const controller = new AbortController();
    const wait = readFrom(store, blob, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(wait).rejects.toThrow('enough');
  });
});

it('a mirror that serves several registries is told which, and the registry itself is not', async () => {
  const mirror = await serve((request, response) =>
    request.url?.includes('/blobs/') === true ? void response.writeHead(404).end() : send(response, image),
  );
  const upstream = await serve(holding);
  const mirrors = [{ host: mirror.host, capabilities: both, namespace: true }];
  const store = repositoryAt(upstream.host, { mirrors: { [upstream.host]: { mirrors, fallback: true } } });
  await resolve(store);
  await pull(store);
  const ns = `?ns=${encodeURIComponent(upstream.host)}`;
  expect(mirror.requests.map(({ url }) => url)).toEqual([
    `/v2/team/app/manifests/v1${ns}`,
    `/v2/team/app/blobs/${blob.descriptor.digest}${ns}`,
  ]);
  expect(upstream.requests.map(({ url }) => url)).toEqual([`/v2/team/app/blobs/${blob.descriptor.digest}`]);
});
