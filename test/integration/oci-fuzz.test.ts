import fc from 'fast-check';
import {
  OciError,
  type RemoteRepository,
  RemoteRepository as Repository,
  readAll,
  sha256,
  Transport,
} from 'oci-client-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blobOf, imageOf, indexOf } from '../fakes/oci-content.ts';
import { type RawServer, rawServer } from '../fakes/raw-server.ts';

const image = imageOf();
const blob = blobOf('some bytes of a blob');
const password = 'hunter2-secret';
const login = { kind: 'basic', username: 'alice', password } as const;
const shown = Buffer.from(`alice:${password}`).toString('base64');

/** Stand in for the server's address, known only when it runs; both lead to it. */
const here = 'HERE';
const elsewhere = 'ELSEWHERE';
/** Nobody listens there: an attempt ends at once, and leaves the machine never. */
const nowhere = 'https://127.0.0.1:1';

const noise = fc.oneof(
  fc.string({ maxLength: 40 }).map((text) => text.replaceAll('//', '')),
  fc.constantFrom('', '"', '\\', '=', ',', ';', '<', '>', '\t', '%', '\u00ff', 'a'.repeat(9000)),
);
const digest = fc.constantFrom(image.descriptor.digest, blob.descriptor.digest, 'sha256:0', 'md5:abc', '');
const number = fc.constantFrom('0', '1', '2', '19', '20', '21', '-1', '99999999999999999999', '1e3', 'x', '');

/** Pieces of a grammar, whole or with noise between them. */
const pieces = (...parts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...parts) }, noise), { maxLength: 9 })
    .map((found) => found.join(''));

const address = fc.oneof(
  fc.constantFrom(
    `http://${here}/v2/team/app/blobs/uploads/x?state=1`,
    `http://${here}/token`,
    `http://${elsewhere}/v2/team/app/more`,
    `${nowhere}/x`,
    'ftp://127.0.0.1/',
    'http://alice:pw@127.0.0.1:1/',
    'http://[::1',
    '/v2/team/app/tags/list?n=1&last=a',
    '?page=2',
    '../../..',
    '#',
    '',
  ),
  noise,
);
const challenge = fc.oneof(
  pieces(
    'Bearer ',
    'Basic ',
    'Negotiate',
    'realm=',
    `"http://${here}/token"`,
    ',',
    'scope=""',
    'service="a, \\"b"',
    ' = ',
  ),
  address.map((realm) => `Bearer realm="${realm}",service="s",scope="repository:team/app:pull"`),
  fc.constant('Basic realm="x"'),
);
const link = fc.oneof(
  fc
    .tuple(address, fc.constantFrom('; rel="next"', ';rel=next', '', '; rel="prev next"', '; rel'))
    .map(([to, rel]) => `<${to}>${rel}`),
  pieces('<', '>', ';', 'rel="next"', ',', '/v2/team/app/tags/list'),
);

const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'www-authenticate': challenge,
  link,
  location: address,
  'content-range': pieces('bytes ', '0', '-', '19', '/', '20', '*'),
  range: pieces('0-', '19', 'bytes='),
  'content-type': fc.oneof(
    fc.constantFrom(
      image.descriptor.mediaType,
      'application/vnd.oci.image.index.v1+json',
      'text/html',
      ';',
      'application/json; charset=utf-8',
    ),
    noise,
  ),
  'content-encoding': fc.constantFrom('identity', 'gzip', 'br', ''),
  etag: fc.oneof(fc.constantFrom('"x"', `"${image.descriptor.digest}"`, 'W/"', '"'), noise),
  'docker-content-digest': fc.oneof(digest, noise),
  'oci-subject': digest,
  'oci-filters-applied': fc.oneof(fc.constant('artifactType'), noise),
  'oci-chunk-min-length': number,
  'retry-after': fc.oneof(
    number,
    fc.constantFrom('0', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Foo, 99 Bar 9999 GMT'),
  ),
  'ratelimit-remaining': fc.oneof(number, fc.constant('0;w=21600')),
  warning: noise,
};
const header = fc
  .constantFrom(...Object.keys(values))
  .chain((name) => (values[name] ?? noise).map((value) => `${name}: ${value}`));

/** Breaks the framing itself, so that little else is seen: seldom. */
const broken = fc.oneof(
  number.map((value) => `content-length: ${value}`),
  fc.constantFrom('transfer-encoding: chunked', 'transfer-encoding: gzip', 'no colon', ': no name', 'a\0: b'),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
);
const seldom = fc.oneof(
  { weight: 15, arbitrary: fc.constant<string[]>([]) },
  { weight: 1, arbitrary: broken.map((line) => [line]) },
);
const headers = fc
  .tuple(fc.array(header, { maxLength: 5 }), seldom)
  .map(([lines, more]) => [...lines, ...more]);

/** JSON of the right form, with any value in place of some of its own. */
const damaged = (document: object): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...Object.keys(document)), fc.oneof(fc.jsonValue(), fc.constant(undefined)))
    .map(([key, value]) => JSON.stringify({ ...document, [key]: value }));
const documents: readonly object[] = [
  JSON.parse(new TextDecoder().decode(image.bytes)),
  JSON.parse(new TextDecoder().decode(indexOf([image.descriptor, { ...image.descriptor, size: -1 }]).bytes)),
  { tags: ['v1', 'v2', ''], name: 'team/app' },
  { token: 'abc', access_token: 'def', expires_in: 300, issued_at: '2026-01-01T00:00:00Z' },
  { errors: [{ code: 'MANIFEST_INVALID', message: `refused Basic ${shown}`, detail: {} }] },
];
const body = fc.oneof(
  fc.constantFrom(image.bytes, blob.bytes, blob.bytes.subarray(1)),
  fc.oneof(...documents.map(damaged)).map((text) => Buffer.from(text)),
  fc.constantFrom(...documents).map((document) => Buffer.from(JSON.stringify(document))),
  fc.json().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }),
);
const status = fc.constantFrom(
  ...[
    200, 200, 200, 200, 201, 201, 202, 202, 204, 206, 206, 301, 303, 304, 307, 308, 400, 401, 401, 401, 403,
  ],
  ...[404, 404, 405, 406, 412, 413, 416, 416, 429, 500, 501, 503, 100, 299, 600],
);
const answer = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(status, headers, body, fc.boolean())
      .map(([code, lines, content, saysLength]) =>
        Buffer.concat([
          Buffer.from(
            [
              `HTTP/1.1 ${code} Said`,
              ...lines,
              ...(saysLength ? [`content-length: ${content.byteLength}`] : []),
              'connection: close',
              '',
              '',
            ].join('\r\n'),
            'latin1',
          ),
          content,
        ]),
      ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);

type Act = (store: RemoteRepository) => Promise<void>;

async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

/** Each ends with an error, or with a result that is right whatever the server said. */
const acts: Readonly<Record<string, Act>> = {
  'resolve a tag': async (store) => {
    const found = await store.resolve('v1', { known: { digest: blob.descriptor.digest, etag: '"x"' } });
    if (found.kind === 'unchanged') expect(found.validator.digest).toBe(blob.descriptor.digest);
    else expect(sha256(found.content)).toBe(found.descriptor.digest);
  },
  'resolve a digest': async (store) => {
    expect(await store.resolve(image.descriptor.digest)).toMatchObject({
      descriptor: { digest: image.descriptor.digest },
    });
  },
  'fetch a manifest': async (store) => {
    expect(await readAll(store.fetch(image.descriptor), 9999, 'test')).toEqual(image.bytes);
  },
  'fetch a blob': async (store) => {
    expect(await readAll(store.fetch(blob.descriptor), 9999, 'test')).toEqual(blob.bytes);
  },
  exists: async (store) => expect([true, false]).toContain(await store.exists(blob.descriptor)),
  tags: async (store) => {
    for (const tag of await collected(store.tags())) expect(tag).toMatch(/^\w[\w.-]{0,127}$/);
  },
  referrers: async (store) => {
    for (const found of await collected(store.referrers(image.descriptor, { artifactType: 'test/x' }))) {
      expect(found.digest).toMatch(/^[a-z0-9+._-]+:[\w=-]+$/);
      expect(found.artifactType).toBe('test/x');
    }
  },
  'push a blob': (store) => store.push(blob.descriptor, blob.bytes),
  'push a manifest': (store) => store.push(image.descriptor, image.bytes),
  'push a referrer': (store) => {
    const { descriptor, bytes } = imageOf({ subject: image.descriptor, artifactType: 'test/x' });
    return store.push(descriptor, bytes);
  },
  tag: (store) => store.tag(image.descriptor, 'v2'),
  delete: (store) => store.delete(image.descriptor),
};

/** Far above what any of them takes: retries and waits are short here. */
const hangMs = 10_000;
const impatient = {
  retry: { attempts: 2, baseDelayMs: 1, maxDelayMs: 2, maxElapsedMs: 1000 },
  limits: { headersMs: 1000, idleMs: 1000 },
};

let server: RawServer;
beforeAll(async () => {
  server = await rawServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Runs an act against scripted answers; fails when it hangs, or ends with an error that is none of ours. */
async function run(act: Act, answers: readonly Uint8Array[]): Promise<void> {
  server.script(answers.map(placed));
  const host = `127.0.0.1:${server.port}`;
  const transport = new Transport({ ...impatient, credentials: () => login });
  const { promise: hung, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('expected an end, got none')), hangMs);
  try {
    await Promise.race([act(new Repository({ host, repository: 'team/app', transport })), hung]);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    expect(error.message).not.toContain(password);
    expect(error.message).not.toContain(shown);
    expect(error.message).toMatch(/^\P{Cc}*$/u);
    expect(error.message.length).toBeLessThan(2000);
  } finally {
    clearTimeout(timer);
    await transport.close();
  }
}

function placed(content: Uint8Array): Uint8Array {
  const text = Buffer.from(content).toString('latin1');
  const found = text
    .replaceAll(elsewhere, `localhost:${server.port}`)
    .replaceAll(here, `127.0.0.1:${server.port}`);
  return Buffer.from(found, 'latin1');
}

/** For each act, so that all of them stay within some ten seconds; a run that fails is told with its seed. */
const budgetMs = 700;

it.each(Object.entries(acts))(
  '%s: whatever a server answers, it ends right or with a coded error',
  async (_name, act) => {
    const end = performance.now() + budgetMs;
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 5 }), async (answers) => {
        if (performance.now() > end) return;
        await run(act, answers);
        const strangers = server.heads.filter((head) => /^host: localhost/im.test(head));
        for (const head of strangers) expect(head).not.toMatch(/^authorization:/im);
      }),
      { numRuns: 400 },
    );
  },
);
