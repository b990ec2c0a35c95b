import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createHasher,
  type Descriptor,
  type ImageLayout,
  openLayout,
  type RegistryOptions,
  type RegistryServer,
  type RequestRecord,
  serveRegistry,
  sha256,
} from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const imageType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

interface Content {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

function contentOf(text: string, mediaType = 'application/octet-stream'): Content {
  const bytes = Buffer.from(text);
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.byteLength } };
}

const layer = contentOf('0123456789');
const config = contentOf('{}', 'application/vnd.oci.empty.v1+json');

function imageOf(extra: object = {}): Content {
  const body = {
    schemaVersion: 2,
    mediaType: imageType,
    config: config.descriptor,
    layers: [layer.descriptor],
  };
  return contentOf(JSON.stringify({ ...body, ...extra }), imageType);
}

const image = imageOf();

let directory: string;
let layout: ImageLayout;
let server: RegistryServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'registry-server-'));
  layout = await openLayout(directory);
  server = await serveRegistry({ layout });
});

afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function restart(options: Partial<RegistryOptions>): Promise<void> {
  await server.close();
  server = await serveRegistry({ layout, ...options });
}

async function call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, server.url), { method, redirect: 'error', ...init });
}

async function codeOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
  expect(errors[0]?.message).not.toContain(directory);
  return `${response.status} ${errors[0]?.code}`;
}

const uploads = '/v2/a/b/blobs/uploads/';
const blobPath = ({ descriptor }: Content): string => `/v2/a/b/blobs/${descriptor.digest}`;

async function pushBlob(content: Content): Promise<void> {
  const response = await call('POST', `${uploads}?digest=${content.descriptor.digest}`, {
    body: content.bytes,
  });
  expect(response.status).toBe(201);
}

async function pushManifest(content: Content, reference = content.descriptor.digest): Promise<Response> {
  return call('PUT', `/v2/a/b/manifests/${reference}`, {
    body: content.bytes,
    headers: { 'content-type': content.descriptor.mediaType },
  });
}

async function pushImage(content = image, reference = 'v1'): Promise<void> {
  await pushBlob(layer);
  await pushBlob(config);
  expect((await pushManifest(content, reference)).status).toBe(201);
}

const locationOf = (response: Response): string => response.headers.get('location') ?? '';

async function startUpload(): Promise<string> {
  const response = await call('POST', uploads);
  expect(response.status).toBe(202);
  return locationOf(response);
}

const incoming = (): Promise<string[]> => readdir(join(directory, '.incoming')).catch(() => []);

describe('the base', () => {
  it('answers that this is a registry', async () => {
    const response = await call('GET', '/v2/');
    expect([response.status, await response.text()]).toEqual([200, '{}']);
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  });

  it.each([
    ['GET', '/', '404 UNSUPPORTED'],
    ['GET', '/v2/A/tags/list', '404 NAME_INVALID'],
    ['POST', '/v2/a/tags/list', '405 UNSUPPORTED'],
    ['GET', '/v2/a/tags/list', '404 NAME_UNKNOWN'],
    ['GET', '/v2/a/manifests/v1', '404 MANIFEST_UNKNOWN'],
    ['GET', `/v2/a/manifests/${image.descriptor.digest}`, '404 MANIFEST_UNKNOWN'],
    ['GET', '/v2/a/manifests/sha256:zz', '400 DIGEST_INVALID'],
    ['GET', `/v2/a/blobs/${layer.descriptor.digest}`, '404 BLOB_UNKNOWN'],
    ['GET', '/v2/a/blobs/zz', '400 DIGEST_INVALID'],
    ['GET', '/v2/a/referrers/zz', '400 DIGEST_INVALID'],
    ['GET', '/v2/a/blobs/uploads/7', '404 BLOB_UPLOAD_UNKNOWN'],
    ['PATCH', '/v2/a/blobs/uploads/7', '404 BLOB_UPLOAD_UNKNOWN'],
    ['DELETE', `/v2/a/blobs/${layer.descriptor.digest}`, '404 BLOB_UNKNOWN'],
    ['DELETE', '/v2/a/manifests/v1', '404 MANIFEST_UNKNOWN'],
    ['DELETE', `/v2/a/manifests/${image.descriptor.digest}`, '404 MANIFEST_UNKNOWN'],
  ])('%s %s: %s', async (method, path, expected) => {
    expect(await codeOf(await call(method, path))).toBe(expected);
  });
});

describe('blobs', () => {
  it('serves what was pushed, to GET and HEAD', async () => {
    await pushBlob(layer);
    const response = await call('GET', blobPath(layer));
    expect(Buffer.from(await response.arrayBuffer())).toEqual(layer.bytes);
    for (const answer of [response, await call('HEAD', blobPath(layer))]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-length')).toBe('10');
      expect(answer.headers.get('docker-content-digest')).toBe(layer.descriptor.digest);
      expect(answer.headers.get('etag')).toBe(`"${layer.descriptor.digest}"`);
    }
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-0,2-2', 200, '0123456789', null],
    ['bytes=10-', 416, undefined, 'bytes */10'],
  ])('answers range %s', async (range, status, text, contentRange) => {
    await pushBlob(layer);
    const response = await call('GET', blobPath(layer), { headers: { range } });
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange]);
    if (text !== undefined) expect(await response.text()).toBe(text);
  });

  it('sends the whole when the part belongs to another version', async () => {
    await pushBlob(layer);
    const headers = { range: 'bytes=2-4', 'if-range': '"other"' };
    expect((await call('GET', blobPath(layer), { headers })).status).toBe(200);
    const same = { range: 'bytes=2-4', 'if-range': `"${layer.descriptor.digest}"` };
    expect((await call('GET', blobPath(layer), { headers: same })).status).toBe(206);
  });

  it.each([
    [`"${layer.descriptor.digest}"`, 304],
    [`"x", W/"${layer.descriptor.digest}"`, 304],
    ['*', 304],
    ['"x"', 200],
  ])('answers If-None-Match %s with %i', async (known, status) => {
    await pushBlob(layer);
    const response = await call('GET', blobPath(layer), { headers: { 'if-none-match': known } });
    expect(response.status).toBe(status);
  });

  it('deletes', async () => {
    await pushBlob(layer);
    expect((await call('DELETE', blobPath(layer))).status).toBe(202);
    expect((await call('HEAD', blobPath(layer))).status).toBe(404);
  });

  it('ends the connection when the file is rotten', async () => {
    await pushBlob(layer);
    const path = join(directory, 'blobs', ...layer.descriptor.digest.split(':'));
    await writeFile(path, 'x'.repeat(10));
    const read = async (): Promise<Buffer> =>
      Buffer.from(await (await call('GET', blobPath(layer))).arrayBuffer());
    const outcome = await read().catch(() => 'cut');
    expect(['cut', 'x'.repeat(10)]).toContain(outcome.toString());
    expect((await call('GET', '/v2/')).status).toBe(200);
  });
});

describe('uploads', () => {
  it('takes one in two steps', async () => {
    const location = await startUpload();
    const response = await call('PUT', `${location}?digest=${layer.descriptor.digest}`, {
      body: layer.bytes,
    });
    expect(response.status).toBe(201);
    expect(locationOf(response)).toBe(blobPath(layer));
    expect((await call('HEAD', blobPath(layer))).status).toBe(200);
    expect((await call('GET', location)).status).toBe(404);
    expect(await incoming()).toEqual([]);
  });

  it('takes one in chunks, and tells how far it is', async () => {
    const location = await startUpload();
    const chunk = (from: number, to: number): RequestInit => ({
      body: layer.bytes.subarray(from, to),
      headers: { 'content-range': `${from}-${to - 1}` },
    });
    const first = await call('PATCH', location, chunk(0, 4));
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-3']);
    const second = await call('PATCH', locationOf(first), chunk(4, 8));
    expect(second.headers.get('range')).toBe('0-7');
    const state = await call('GET', location);
    expect([state.status, state.headers.get('range')]).toEqual([204, '0-7']);
    const last = await call('PUT', `${location}?digest=${layer.descriptor.digest}`, chunk(8, 10));
    expect(last.status).toBe(201);
    expect(await (await call('GET', blobPath(layer))).text()).toBe('0123456789');
  });

  it('refuses a chunk out of order and says where to go on', async () => {
    const location = await startUpload();
    await call('PATCH', location, { body: '0123' });
    const response = await call('PATCH', location, { body: '89', headers: { 'content-range': '8-9' } });
    expect([response.status, response.headers.get('range')]).toEqual([416, '0-3']);
    expect((await call('PATCH', location, { body: '45', headers: { 'content-range': '4-5' } })).status).toBe(
      202,
    );
  });

  it('takes a streamed body without length', async () => {
    const location = await startUpload();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(layer.bytes.subarray(0, 5));
        controller.enqueue(layer.bytes.subarray(5));
        controller.close();
      },
    });
    const response = await call('PATCH', location, { body, duplex: 'half' } as RequestInit);
    expect([response.status, response.headers.get('range')]).toEqual([202, '0-9']);
    expect((await call('PUT', `${location}?digest=${layer.descriptor.digest}`)).status).toBe(201);
  });

  it('goes on after a connection that broke in the middle of a chunk', async () => {
    const location = await startUpload();
    await new Promise<void>((resolve) => {
      const cut = httpRequest(new URL(location, server.url), {
        method: 'PATCH',
        headers: { 'content-length': '10' },
      });
      cut.on('error', () => resolve());
      cut.write(layer.bytes.subarray(0, 6), () => setTimeout(() => cut.destroy(new Error('cut')), 100));
    });
    const state = await call('GET', location);
    expect(state.headers.get('range')).toBe('0-5');
    const rest = await call('PUT', `${location}?digest=${layer.descriptor.digest}`, {
      body: layer.bytes.subarray(6),
    });
    expect(rest.status).toBe(201);
  });

  it('lets a client go on that gave up on a request which hangs', async () => {
    const location = await startUpload();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`PATCH ${location} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n0123`);
    await expect
      .poll(async () => (await stat(join(directory, '.incoming', (await incoming())[0]!))).size)
      .toBe(4);
    const state = await call('GET', location);
    expect(state.headers.get('range')).toBe('0-3');
    const rest = { body: layer.bytes.subarray(4) };
    expect((await call('PUT', `${location}?digest=${layer.descriptor.digest}`, rest)).status).toBe(201);
  });

  it('takes sha512, told at the start or only at the end', async () => {
    const hasher = createHasher('sha512');
    hasher.update(layer.bytes);
    const digest = hasher.digest();
    const late = await startUpload();
    expect((await call('PUT', `${late}?digest=${digest}`, { body: layer.bytes })).status).toBe(201);
    const early = locationOf(await call('POST', `${uploads}?digest-algorithm=sha512`));
    expect((await call('PUT', `${early}?digest=${digest}`, { body: layer.bytes })).status).toBe(201);
    expect(await (await call('GET', `/v2/a/b/blobs/${digest}`)).text()).toBe('0123456789');
  });

  it.each([
    ['a digest of other content', config.descriptor.digest],
    ['no digest', ''],
    ['a digest nobody can compute', 'blake3:00'],
    ['text that is no digest', 'x'],
  ])('refuses %s and forgets the upload', async (_what, digest) => {
    const location = await startUpload();
    const response = await call('PUT', `${location}?digest=${digest}`, { body: layer.bytes });
    expect(await codeOf(response)).toBe('400 DIGEST_INVALID');
    expect((await call('GET', location)).status).toBe(404);
    expect(await incoming()).toEqual([]);
  });

  it('refuses a wrong digest in a single request', async () => {
    const response = await call('POST', `${uploads}?digest=${config.descriptor.digest}`, {
      body: layer.bytes,
    });
    expect(await codeOf(response)).toBe('400 DIGEST_INVALID');
    expect((await call('HEAD', blobPath(config))).status).toBe(404);
    expect(await incoming()).toEqual([]);
  });

  it('mounts what another repository has, and starts an upload for what none has', async () => {
    await pushBlob(layer);
    const mount = (digest: string): Promise<Response> =>
      call('POST', `/v2/c/blobs/uploads/?mount=${digest}&from=a/b`);
    const done = await mount(layer.descriptor.digest);
    expect([done.status, locationOf(done)]).toEqual([201, `/v2/c/blobs/${layer.descriptor.digest}`]);
    const started = await mount(config.descriptor.digest);
    expect(started.status).toBe(202);
    expect(locationOf(started)).toMatch(/^\/v2\/c\/blobs\/uploads\//);
  });

  it('cancels', async () => {
    const location = await startUpload();
    await call('PATCH', location, { body: '0123' });
    expect((await call('DELETE', location)).status).toBe(204);
    expect((await call('GET', location)).status).toBe(404);
    expect(await incoming()).toEqual([]);
  });

  it('belongs to one repository', async () => {
    const location = await startUpload();
    expect((await call('GET', location.replace('/a/b/', '/c/'))).status).toBe(404);
  });

  it('refuses more than the limit, announced or not', async () => {
    await restart({ maxBlobBytes: 8 });
    const announced = await call('POST', `${uploads}?digest=${layer.descriptor.digest}`, {
      body: layer.bytes,
    });
    expect(await codeOf(announced)).toBe('413 SIZE_INVALID');
    const location = await startUpload();
    expect((await call('PATCH', location, { body: '012345' })).status).toBe(202);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(layer.bytes.subarray(6));
        controller.close();
      },
    });
    const streamed = await call('PATCH', location, { body, duplex: 'half' } as RequestInit);
    expect(await codeOf(streamed)).toBe('413 SIZE_INVALID');
    expect(await incoming()).toEqual([]);
  });

  it('refuses more uploads at once than the limit', async () => {
    await restart({ maxUploads: 2 });
    await startUpload();
    const location = await startUpload();
    const refused = await call('POST', uploads);
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(await codeOf(refused)).toBe('429 TOOMANYREQUESTS');
    await call('DELETE', location);
    await startUpload();
  });

  it('drops uploads that nobody continues', async () => {
    await restart({ uploadIdleMs: 40 });
    const location = await startUpload();
    await expect.poll(async () => (await call('HEAD', '/v2/')).status && (await incoming()).length).toBe(0);
    expect((await call('GET', location)).status).toBe(404);
  });

  it('keeps its bytes on disk, not in memory', async () => {
    const location = await startUpload();
    await call('PATCH', location, { body: '0123' });
    const [name = ''] = await incoming();
    expect(await readFile(join(directory, '.incoming', name), 'utf8')).toBe('0123');
  });
});

describe('manifests', () => {
  it('serves the bytes that were pushed by tag and by digest, whatever is accepted', async () => {
    await pushImage();
    for (const reference of ['v1', image.descriptor.digest]) {
      const path = `/v2/a/b/manifests/${reference}`;
      const response = await call('GET', path, { headers: { accept: 'text/plain' } });
      expect(Buffer.from(await response.arrayBuffer())).toEqual(image.bytes);
      for (const answer of [response, await call('HEAD', path)]) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toBe(imageType);
        expect(answer.headers.get('content-length')).toBe(`${image.bytes.byteLength}`);
        expect(answer.headers.get('docker-content-digest')).toBe(image.descriptor.digest);
        expect(answer.headers.get('etag')).toBe(`"${image.descriptor.digest}"`);
      }
    }
  });

  it('says that nothing changed', async () => {
    await pushImage();
    const headers = { 'if-none-match': `"${image.descriptor.digest}"` };
    for (const method of ['GET', 'HEAD']) {
      const response = await call(method, '/v2/a/b/manifests/v1', { headers });
      expect([response.status, await response.text()]).toEqual([304, '']);
      expect(response.headers.get('docker-content-digest')).toBe(image.descriptor.digest);
    }
    await pushImage(imageOf({ annotations: { step: '2' } }));
    expect((await call('GET', '/v2/a/b/manifests/v1', { headers })).status).toBe(200);
  });

  it('answers a push with digest, location and subject', async () => {
    await pushImage();
    const signature = imageOf({ subject: image.descriptor });
    const response = await pushManifest(signature);
    expect(response.status).toBe(201);
    expect(locationOf(response)).toBe(`/v2/a/b/manifests/${signature.descriptor.digest}`);
    expect(response.headers.get('docker-content-digest')).toBe(signature.descriptor.digest);
    expect(response.headers.get('oci-subject')).toBe(image.descriptor.digest);
  });

  it('sets several tags with one push by digest', async () => {
    await pushImage();
    const response = await pushManifest(image, `${image.descriptor.digest}?tag=one&tag=two`);
    expect([response.status, response.headers.get('oci-tag')]).toEqual([201, 'one, two']);
    expect((await call('HEAD', '/v2/a/b/manifests/two')).status).toBe(200);
  });

  it('counts the grace of a collection anew for blobs that a pushed manifest names', async () => {
    await pushBlob(layer);
    await pushBlob(config);
    for (const { descriptor } of [layer, config])
      await utimes(join(directory, 'blobs', ...descriptor.digest.split(':')), 1, 1);
    await pushManifest(image);
    await layout.repository('a/b').delete(image.descriptor);
    expect(await layout.collectGarbage()).toMatchObject({ files: 0, waiting: 2 });
  });

  it('takes an index whose children are missing, and a subject that is missing', async () => {
    const index = contentOf(
      JSON.stringify({ schemaVersion: 2, manifests: [image.descriptor], subject: layer.descriptor }),
      indexType,
    );
    expect((await pushManifest(index, 'v1')).status).toBe(201);
    expect((await call('HEAD', '/v2/a/b/manifests/v1')).headers.get('content-type')).toBe(indexType);
  });

  it('refuses an image whose blobs are missing or of another size', async () => {
    expect(await codeOf(await pushManifest(image, 'v1'))).toBe('400 MANIFEST_BLOB_UNKNOWN');
    await pushBlob(layer);
    await pushBlob(config);
    const wrong = imageOf({ layers: [{ ...layer.descriptor, size: 9 }] });
    expect(await codeOf(await pushManifest(wrong, 'v1'))).toBe('400 MANIFEST_BLOB_UNKNOWN');
    expect((await call('GET', '/v2/a/b/tags/list')).status).toBe(404);
  });

  it.each([
    ['no JSON', contentOf('{', imageType), 'v1', '400 MANIFEST_INVALID'],
    [
      'another type than announced',
      { ...image, descriptor: { ...image.descriptor, mediaType: indexType } },
      'v1',
      '400 MANIFEST_INVALID',
    ],
    [
      'a type nobody knows',
      contentOf('{"schemaVersion":2,"config":{}}', 'application/x'),
      'v1',
      '400 MANIFEST_INVALID',
    ],
    ['a tag that is none', image, '-v1', '400 MANIFEST_INVALID'],
    ['the digest of other content', image, layer.descriptor.digest, '400 DIGEST_INVALID'],
    ['a digest nobody can compute', image, 'blake3:00', '400 DIGEST_INVALID'],
    ['more than 4 MiB', contentOf(' '.repeat(4 * 1024 * 1024 + 1), imageType), 'v1', '413 SIZE_INVALID'],
  ])('refuses %s', async (_what, content, reference, expected) => {
    expect(await codeOf(await pushManifest(content, reference))).toBe(expected);
  });

  it('deletes a tag and leaves the manifest, deletes a digest with all its tags', async () => {
    await pushImage(image, 'v1');
    await pushManifest(image, 'v2');
    expect((await call('DELETE', '/v2/a/b/manifests/v1')).status).toBe(202);
    expect((await call('HEAD', '/v2/a/b/manifests/v1')).status).toBe(404);
    expect((await call('HEAD', '/v2/a/b/manifests/v2')).status).toBe(200);
    expect((await call('DELETE', `/v2/a/b/manifests/${image.descriptor.digest}`)).status).toBe(202);
    expect((await call('HEAD', '/v2/a/b/manifests/v2')).status).toBe(404);
    expect((await call('HEAD', `/v2/a/b/manifests/${image.descriptor.digest}`)).status).toBe(404);
  });
});

describe('lists', () => {
  it('pages through tags in order, by Link', async () => {
    await pushImage();
    for (const tag of ['b', 'a', 'd', 'c']) await pushManifest(image, tag);
    const seen: string[] = [];
    let path: string | undefined = '/v2/a/b/tags/list?n=2';
    while (path !== undefined) {
      const response = await call('GET', path);
      const page = (await response.json()) as { name: string; tags: string[] };
      expect(page.name).toBe('a/b');
      expect(page.tags.length).toBeLessThanOrEqual(2);
      seen.push(...page.tags);
      path = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'v1']);
  });

  it.each([
    ['n=0', { name: 'a/b', tags: [] }],
    ['n=100', { name: 'a/b', tags: ['v1', 'v2'] }],
    ['last=v1', { name: 'a/b', tags: ['v2'] }],
    ['last=v2', { name: 'a/b', tags: [] }],
  ])('answers tags/list?%s', async (query, expected) => {
    await pushImage();
    await pushManifest(image, 'v2');
    const response = await call('GET', `/v2/a/b/tags/list?${query}`);
    expect([await response.json(), response.headers.get('link')]).toEqual([expected, null]);
  });

  it('refuses a page size that is no number', async () => {
    await pushImage();
    expect((await call('GET', '/v2/a/b/tags/list?n=-1')).status).toBe(400);
  });

  it('lists repositories', async () => {
    await pushImage();
    expect(await (await call('GET', '/v2/_catalog')).json()).toEqual({ repositories: ['a/b'] });
  });

  it('lists referrers, all or of one type', async () => {
    await pushImage();
    const one = imageOf({ subject: image.descriptor, artifactType: 'a/one', annotations: { by: 'alice' } });
    const two = imageOf({ subject: image.descriptor, artifactType: 'a/two' });
    await pushManifest(one);
    await pushManifest(two);
    const path = `/v2/a/b/referrers/${image.descriptor.digest}`;
    const all = await call('GET', path);
    expect(all.headers.get('content-type')).toBe(indexType);
    expect(all.headers.get('oci-filters-applied')).toBeNull();
    const { manifests } = (await all.json()) as { manifests: Descriptor[] };
    expect(manifests.map(({ digest }) => digest).sort()).toEqual(
      [one, two].map(({ descriptor }) => descriptor.digest).sort(),
    );
    const filtered = await call('GET', `${path}?artifactType=a/one`);
    expect(filtered.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(await filtered.json()).toEqual({
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [{ ...one.descriptor, artifactType: 'a/one', annotations: { by: 'alice' } }],
    });
  });

  it('answers with an empty index for what has no referrers, stored or not', async () => {
    const response = await call('GET', `/v2/c/referrers/${layer.descriptor.digest}`);
    expect([response.status, await response.json()]).toEqual([
      200,
      { schemaVersion: 2, mediaType: indexType, manifests: [] },
    ]);
  });
});

describe('the server', () => {
  it('serves a layout that another tool wrote, under any repository name', async () => {
    await pushImage();
    const entry = { ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'v9' } };
    await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    expect((await call('GET', '/v2/any/name/manifests/v9')).status).toBe(200);
    expect(await (await call('GET', '/v2/any/name/tags/list')).json()).toEqual({
      name: 'any/name',
      tags: ['v9'],
    });
  });

  it('changes nothing when it is read-only', async () => {
    await pushImage();
    await restart({ readOnly: true });
    for (const [method, path] of [
      ['POST', uploads],
      ['PUT', '/v2/a/b/manifests/v2'],
      ['DELETE', '/v2/a/b/manifests/v1'],
      ['DELETE', blobPath(layer)],
    ] as const) {
      expect(await codeOf(await call(method, path))).toBe('405 UNSUPPORTED');
    }
    expect((await call('GET', '/v2/a/b/manifests/v1')).status).toBe(200);
  });

  it('lets a test answer in its place', async () => {
    await pushBlob(layer);
    await restart({
      intercept: (request, response, route) => {
        if (route.kind !== 'blob' || request.method !== 'GET') return false;
        response.writeHead(200, { 'content-length': '10' });
        response.write('01234', () => response.destroy());
        return true;
      },
    });
    const read = async (): Promise<ArrayBuffer> => (await call('GET', blobPath(layer))).arrayBuffer();
    await expect(read()).rejects.toThrow();
    expect((await call('HEAD', blobPath(layer))).status).toBe(200);
  });

  it('tells the log about each request, and the client nothing of what went wrong inside', async () => {
    const records: RequestRecord[] = [];
    await pushImage();
    await restart({ log: (record) => records.push(record) });
    await call('GET', '/v2/a/b/manifests/v1?secret=1');
    await writeFile(join(directory, 'index.json'), 'torn');
    for (const path of ['manifests/v1', 'tags/list', `referrers/${image.descriptor.digest}`]) {
      expect(await codeOf(await call('GET', `/v2/a/b/${path}`))).toBe('500 UNKNOWN');
    }
    await expect.poll(() => records.length).toBe(4);
    expect(records[0]).toMatchObject({ method: 'GET', path: '/v2/a/b/manifests/v1', status: 200 });
    expect(records[0]?.error).toBeUndefined();
    for (const { status, error } of records.slice(1)) {
      expect([status, (error as Error).message]).toEqual([500, expect.stringContaining('index.json')]);
    }
  });

  it('cuts a connection that stalls in the middle of a request', async () => {
    await restart({ stallMs: 100 });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `POST ${uploads}?digest=${layer.descriptor.digest} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n01`,
    );
    socket.on('error', () => {});
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await expect.poll(incoming).toEqual([]);
  });

  it('does not count its own waiting as a stall of the client', async () => {
    await restart({ stallMs: 100 });
    await pushBlob(layer);
    await pushBlob(config);
    const lock = join(directory, 'index.json.lock');
    await writeFile(lock, JSON.stringify({ token: 'other', pid: 1, place: 'elsewhere' }));
    const push = pushManifest(image, 'v1');
    await new Promise((resolve) => setTimeout(resolve, 400));
    await rm(lock);
    expect((await push).status).toBe(201);
  });

  it('closes with requests and uploads still open, and leaves no file behind', async () => {
    await call('PATCH', await startUpload(), { body: '0123' });
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`PATCH ${await startUpload()} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n01`);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    await server.close();
    await ended;
    await expect.poll(incoming).toEqual([]);
    server = await serveRegistry({ layout });
  });

  it('says which address is taken', async () => {
    await expect(serveRegistry({ layout, port: server.port })).rejects.toThrow('EADDRINUSE');
  });
});
