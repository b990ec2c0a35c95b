import type { ServerResponse } from 'node:http';
import { type Descriptor, OciError, type RemoteRepository } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { blobOf, imageOf, indexOf, type OciContent } from '../fakes/oci-content.ts';
import { type Answerer, bodyOf, type ScriptedServer } from '../fakes/scripted-server.ts';
import { repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const subject = imageOf();
const signature = imageOf({
  subject: subject.descriptor,
  artifactType: 'sig/x',
  annotations: { by: 'alice' },
});
const report = imageOf({ subject: subject.descriptor, artifactType: 'report/x' });
const listed = (content: OciContent, artifactType: string): Descriptor => ({
  ...content.descriptor,
  artifactType,
});
const entries = [listed(signature, 'sig/x'), listed(report, 'report/x')];
const tag = subject.descriptor.digest.replace(':', '-');

/** Answers the referrers API by `api`, and the fallback tag by `fallback`; anything else is not there. */
async function serveReferrers(
  api: Answerer,
  fallback: Answerer = notThere,
): Promise<[RemoteRepository, ScriptedServer]> {
  const server = await serve((request, response) => {
    if (request.url?.includes('/referrers/')) return api(request, response);
    if (request.url?.endsWith(`/manifests/${tag}`)) return fallback(request, response);
    return notThere(request, response);
  });
  return [repository(server), server];
}

const repository = ({ host }: ScriptedServer): RemoteRepository =>
  repositoryAt(host, { retry: { attempts: 1 } });

const notThere: Answerer = (_, response) => void response.writeHead(404).end('404 page not found');
const answer =
  (content: OciContent, headers: Record<string, string> = {}): Answerer =>
  (_, response) =>
    send(response, content, headers);

async function list(store: RemoteRepository, artifactType?: string): Promise<string[]> {
  const found: string[] = [];
  const options = artifactType === undefined ? {} : { artifactType };
  for await (const { digest } of store.referrers(subject.descriptor, options)) found.push(digest);
  return found;
}

const both = [signature.descriptor.digest, report.descriptor.digest];

describe('referrers by the API', () => {
  it('come as listed, each once, with type and annotations, and the fallback tag is left alone', async () => {
    const [store, server] = await serveReferrers(answer(indexOf([...entries, ...entries])));
    expect(await list(store)).toEqual(both);
    expect(server.requests).toHaveLength(1);
  });

  it('are filtered here when the registry did not', async () => {
    const [store, server] = await serveReferrers(answer(indexOf(entries)));
    expect(await list(store, 'sig/x')).toEqual([signature.descriptor.digest]);
    expect(server.requests[0]?.url).toContain('?artifactType=sig%2Fx');
  });

  it.each([
    [
      'in a header',
      indexOf([signature.descriptor, entries[1] as Descriptor]),
      { 'oci-filters-applied': 'artifactType' },
    ],
    [
      'in an annotation',
      indexOf([signature.descriptor], {
        annotations: { 'org.opencontainers.referrers.filtersApplied': 'artifactType' },
      }),
      {},
    ],
  ])(
    'are taken as filtered when it says so %s, unless their type says otherwise',
    async (_behaviour, content, headers) => {
      const [store] = await serveReferrers(answer(content, headers as Record<string, string>));
      expect(await list(store, 'sig/x')).toEqual([signature.descriptor.digest]);
    },
  );

  it('come in pages', async () => {
    const [store] = await serveReferrers((request, response) => {
      if (request.url?.includes('page=2')) send(response, indexOf([entries[1] as Descriptor]));
      else
        send(response, indexOf([entries[0] as Descriptor]), { link: `<${request.url}?page=2>; rel="next"` });
    });
    expect(await list(store)).toEqual(both);
  });

  it('come by the hundred', async () => {
    const many = Array.from(
      { length: 1000 },
      (_, at) => imageOf({ annotations: { at: `${at}` } }).descriptor,
    );
    const [store] = await serveReferrers(answer(indexOf(many)));
    expect(await list(store)).toHaveLength(1000);
  });

  it.each<[string, Answerer, string]>([
    ['the registry is down', (_, response) => void response.writeHead(503).end(), 'server-error'],
    ['we may not read them', (_, response) => void response.writeHead(403).end(), 'denied'],
    [
      'we must log in',
      (_, response) => void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end(),
      'unauthorized',
    ],
    [
      'there are too many questions',
      (_, response) => void response.writeHead(429, { 'retry-after': '60' }).end(),
      'rate-limited',
    ],
    ['the connection breaks', (_, response) => void response.destroy(), 'unreachable'],
    [
      'the list breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-type': indexType, 'content-length': '999' });
        response.write('{', () => response.destroy());
      },
      'unreachable',
    ],
    [
      'an entry is broken',
      (_, response) =>
        void response
          .writeHead(200, { 'content-type': indexType })
          .end('{"schemaVersion":2,"manifests":[{"digest":"x"}]}'),
      'protocol',
    ],
    [
      'the next page is elsewhere',
      answer(indexOf(entries), { link: '<http://127.0.0.1:1/x>; rel="next"' }),
      'protocol',
    ],
    [
      'the next page is not there',
      (request, response) =>
        request.url?.includes('page=2')
          ? void response.writeHead(404).end()
          : send(response, indexOf(entries), { link: `<${request.url}?page=2>; rel="next"` }),
      'protocol',
    ],
    [
      'pages never end',
      (request, response) => send(response, indexOf([]), { link: `<${request.url}x>; rel="next"` }),
      'too-large',
    ],
    [
      'there are 6000',
      answer(
        indexOf(
          Array.from({ length: 6000 }, (_, at) => ({
            ...subject.descriptor,
            digest: `sha256:${`${at}`.padStart(64, '0')}`,
          })),
        ),
      ),
      'too-large',
    ],
  ])('fail, and are never an empty list, when %s', async (_behaviour, api, code) => {
    const [store] = await serveReferrers(api, answer(indexOf([])));
    await expect(list(store)).rejects.toMatchObject({ name: 'OciError', code });
  });
});

describe('referrers by the fallback tag', () => {
  it.each<[string, Answerer]>([
    ['has no such route', notThere],
    ['refuses the request', (_, response) => void response.writeHead(400).end()],
    ['knows no such method', (_, response) => void response.writeHead(405).end()],
    ['cannot give the type', (_, response) => void response.writeHead(406).end()],
    ['says 401 and asks for nothing', (_, response) => void response.writeHead(401).end()],
    [
      'sends us to its web page with 303',
      (_, response) => void response.writeHead(303, { location: 'http://localhost:1/packages' }).end(),
    ],
    [
      'answers with a web page',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    [
      'answers with other JSON',
      (_, response) => void response.writeHead(200, { 'content-type': indexType }).end('{"errors":[]}'),
    ],
    ['lists none', answer(indexOf([]))],
  ])('are found when the registry %s', async (_behaviour, api) => {
    const [store] = await serveReferrers(api, answer(indexOf(entries)));
    expect(await list(store)).toEqual(both);
    expect(await list(store, 'report/x')).toEqual([report.descriptor.digest]);
  });

  it.each<[string, Answerer]>([
    ['does not exist', notThere],
    ['is the subject itself', answer(subject)],
    ['is an empty list', answer(indexOf([]))],
  ])('are none when the tag %s', async (_behaviour, fallback) => {
    const [store] = await serveReferrers(notThere, fallback);
    expect(await list(store)).toEqual([]);
  });

  it.each<[string, Answerer, string]>([
    ['cannot be read', (_, response) => void response.writeHead(500).end(), 'server-error'],
    ['may not be read', (_, response) => void response.writeHead(403).end(), 'denied'],
    ['is something else than a list', answer(signature), 'protocol'],
    [
      'is a web page',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'invalid',
    ],
  ])('fail, and are never none, when the tag %s', async (_behaviour, fallback, code) => {
    for (const api of [notThere, answer(indexOf([]))]) {
      const [store] = await serveReferrers(api, fallback);
      await expect(list(store)).rejects.toMatchObject({ name: 'OciError', code });
    }
  });
});

describe('pushing a referrer', () => {
  interface OldRegistry {
    readonly stored: Map<string, OciContent>;
    readonly store: RemoteRepository;
    readonly server: ScriptedServer;
  }

  /** Keeps manifests by tag and digest, knows nothing of referrers, and honours If-Match. `meddle` runs before each write. */
  async function oldRegistry(
    meddle: (stored: Map<string, OciContent>) => void = () => {},
  ): Promise<OldRegistry> {
    const stored = new Map<string, OciContent>();
    const server = await serve(async (request, response) => {
      const name = request.url?.replace('/v2/team/app/manifests/', '') ?? '';
      if (request.method === 'PUT') return put(name, await bodyOf(request), { request, response });
      const found = stored.get(name);
      if (request.method === 'DELETE') stored.delete(name);
      if (found === undefined) return notThere(request, response);
      return send(response, found, { etag: `"${found.descriptor.digest}"` });
    });
    const put = (
      name: string,
      body: Buffer,
      { request, response }: { request: Parameters<Answerer>[0]; response: ServerResponse },
    ): void => {
      if (name === tag) meddle(stored);
      const { headers } = request;
      const current = stored.get(name)?.descriptor.digest;
      if (headers['if-match'] !== undefined && headers['if-match'] !== `"${current}"`)
        return void response.writeHead(412).end();
      const content = {
        bytes: body,
        descriptor: {
          ...subject.descriptor,
          mediaType: headers['content-type'] ?? '',
          digest: headers['if-match'] ?? `${body.length}`,
        },
      };
      stored.set(name, content);
      response.writeHead(201).end();
    };
    return { stored, server, store: repository(server) };
  }

  const listedIn = (stored: Map<string, OciContent>): unknown[] =>
    JSON.parse(new TextDecoder().decode(stored.get(tag)?.bytes)).manifests;

  it('lists it under the fallback tag, with type and annotations, once', async () => {
    const { store, stored } = await oldRegistry();
    for (const content of [signature, report, signature]) await store.push(content.descriptor, content.bytes);
    expect(listedIn(stored)).toEqual([
      { ...signature.descriptor, artifactType: 'sig/x', annotations: { by: 'alice' } },
      { ...report.descriptor, artifactType: 'report/x' },
    ]);
    expect(await list(store)).toEqual(both);
  });

  it('loses none when several are pushed at the same time', async () => {
    const { store, stored } = await oldRegistry();
    const many = Array.from({ length: 5 }, (_, at) =>
      imageOf({ subject: subject.descriptor, annotations: { at: `${at}` } }),
    );
    await Promise.all(many.map(({ descriptor, bytes }) => store.push(descriptor, bytes)));
    expect(listedIn(stored)).toHaveLength(5);
  });

  it('reads the list again when somebody else has written it meanwhile', async () => {
    const other = listed(imageOf({ annotations: { from: 'elsewhere' } }), 'other/x');
    let races = 0;
    const { store, stored } = await oldRegistry((all) => {
      races += 1;
      if (races === 2) all.set(tag, indexOf([...entries.slice(0, 1), other]));
    });
    await store.push(signature.descriptor, signature.bytes);
    await store.push(report.descriptor, report.bytes);
    expect(listedIn(stored)).toHaveLength(3);
  });

  it('is listed where the entity tag of the list is a weak one, which no condition can hold on', async () => {
    let current = indexOf([listed(signature, 'sig/x')]);
    const server = await serve(async (request, response) => {
      const body = (await bodyOf(request)).toString();
      const isList = request.url?.endsWith(`/manifests/${tag}`) === true;
      if (isList && request.method === 'GET') return send(response, current, { etag: 'W/"1"' });
      if (request.method === 'HEAD') return void response.writeHead(200).end();
      if (request.method !== 'PUT') return notThere(request, response);
      if (request.headers['if-match'] !== undefined) return void response.writeHead(412).end();
      if (isList) current = blobOf(body, indexType);
      response.writeHead(201).end();
    });
    const shown = { ...report.descriptor, artifactType: 'report/x' };
    const store = repository(server);
    await store.push(report.descriptor, report.bytes);
    expect(JSON.parse(new TextDecoder().decode(current.bytes)).manifests).toEqual([entries[0], shown]);
  });

  it('starts a list where the tag resolves to the subject itself', async () => {
    const { store, stored } = await oldRegistry();
    stored.set(tag, subject);
    await store.push(report.descriptor, report.bytes);
    expect(listedIn(stored)).toEqual([listed(report, 'report/x')]);
  });

  it('overwrites nothing but a list', async () => {
    const { store, stored } = await oldRegistry();
    stored.set(tag, signature);
    await expect(store.push(report.descriptor, report.bytes)).rejects.toThrow(OciError);
    expect(stored.get(tag)).toBe(signature);
  });

  describe('to a registry that says it keeps its own list', () => {
    async function modern(hasApi: boolean) {
      const stored = new Map<string, OciContent>();
      const server = await serve(async (request, response) => {
        const body = await bodyOf(request);
        const [, kind = '', reference = ''] = /(manifests|referrers)\/([^?]+)/.exec(request.url ?? '') ?? [];
        if (request.method === 'PUT') {
          stored.set(reference, blobOf(body.toString(), request.headers['content-type']));
          response.writeHead(201, { 'oci-subject': subject.descriptor.digest }).end();
        } else if (kind === 'referrers' && hasApi) send(response, indexOf([]));
        else {
          const found = stored.get(reference);
          if (found === undefined) response.writeHead(404).end();
          else send(response, found);
        }
      });
      const sent = (): string[] => server.requests.splice(0).map(({ method, url }) => `${method} ${url}`);
      return { store: repository(server), sent };
    }
    const put = ({ descriptor }: OciContent): string => `PUT /v2/team/app/manifests/${descriptor.digest}`;
    const ask = `GET /v2/team/app/referrers/${subject.descriptor.digest}`;

    it('writes none, and asks once whether that is so', async () => {
      const { store, sent } = await modern(true);
      await store.push(signature.descriptor, signature.bytes);
      expect(sent()).toEqual([put(signature), put(signature).replace('PUT', 'HEAD'), ask]);
      await store.push(report.descriptor, report.bytes);
      expect(sent()).toEqual([put(report)]);
    });

    it('and cannot be asked for it: writes one nevertheless', async () => {
      const { store, sent } = await modern(false);
      for (const content of [signature, report]) await store.push(content.descriptor, content.bytes);
      expect(sent().filter((line) => line === ask)).toHaveLength(1);
      const found: string[] = [];
      for await (const { digest } of store.referrers(subject.descriptor)) found.push(digest);
      expect(found).toEqual([signature.descriptor.digest, report.descriptor.digest]);
    });
  });

  it('and deleting it takes it from the list', async () => {
    const { store, stored } = await oldRegistry();
    for (const content of [signature, report]) await store.push(content.descriptor, content.bytes);
    stored.set(signature.descriptor.digest, signature);
    await store.delete(signature.descriptor);
    expect(listedIn(stored)).toEqual([listed(report, 'report/x')]);
  });
});
