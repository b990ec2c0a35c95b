import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHasher, type Descriptor, openLayout, type RegistryServer, serveRegistry } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** What the conformance suite of the distribution specification asks of a registry, by number of the end-point. */

const imageType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const emptyType = 'application/vnd.oci.empty.v1+json';

let directory: string;
let server: RegistryServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'registry-requirements-'));
  server = await serveRegistry({ layout: await openLayout(directory) });
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

interface Content {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

function contentOf(text: string, algorithm = 'sha256', mediaType = 'application/octet-stream'): Content {
  const bytes = Buffer.from(text);
  const hasher = createHasher(algorithm);
  hasher.update(bytes);
  return { bytes, descriptor: { mediaType, digest: hasher.digest(), size: bytes.byteLength } };
}

function imageOf(layers: readonly Content[], extra: object = {}, algorithm = 'sha256'): Content {
  const config = contentOf('{}', 'sha256', emptyType).descriptor;
  const listed = layers.map(({ descriptor }) => descriptor);
  const body = { schemaVersion: 2, mediaType: imageType, config, layers: listed, ...extra };
  return contentOf(JSON.stringify(body), algorithm, imageType);
}

function indexOf(children: readonly Content[], extra: object = {}): Content {
  const manifests = children.map(({ descriptor }) => descriptor);
  return contentOf(
    JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests, ...extra }),
    'sha256',
    indexType,
  );
}

const uploads = '/v2/one/blobs/uploads/';
const call = (method: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(path, server.url), { method, redirect: 'error', ...init });
const locationOf = (response: Response): string => response.headers.get('location') ?? '';
const blobUrl = ({ descriptor }: Content, repository = 'one'): string =>
  `/v2/${repository}/blobs/${descriptor.digest}`;
const closing = (location: string, { descriptor }: Content): string => {
  const url = new URL(location, server.url);
  url.searchParams.set('digest', descriptor.digest);
  return url.href;
};

async function begin(path = uploads): Promise<string> {
  const response = await call('POST', path);
  expect(response.status).toBe(202);
  return locationOf(response);
}

function chunk(location: string, bytes: Buffer, start: number): Promise<Response> {
  const range = `${start}-${start + bytes.byteLength - 1}`;
  return call('PATCH', location, { body: bytes, headers: { 'content-range': range } });
}

async function expectBlob(content: Content, repository = 'one'): Promise<void> {
  const response = await call('GET', blobUrl(content, repository));
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(content.bytes);
}

async function pushBlob(content: Content, repository = 'one'): Promise<void> {
  const path = `/v2/${repository}/blobs/uploads/?digest=${content.descriptor.digest}`;
  expect((await call('POST', path, { body: content.bytes })).status).toBe(201);
}

async function pushManifest(
  content: Content,
  reference = content.descriptor.digest,
  repository = 'one',
): Promise<Response> {
  const headers = { 'content-type': content.descriptor.mediaType };
  return call('PUT', `/v2/${repository}/manifests/${reference}`, { body: content.bytes, headers });
}

async function push(content: Content, reference?: string): Promise<Response> {
  await pushBlob(contentOf('{}'));
  const response = await pushManifest(content, reference);
  expect(response.status).toBe(201);
  return response;
}

async function expectManifest(content: Content, reference = content.descriptor.digest): Promise<void> {
  for (const method of ['GET', 'HEAD']) {
    const response = await call(method, `/v2/one/manifests/${reference}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(content.descriptor.mediaType);
    expect(response.headers.get('docker-content-digest')).toBe(content.descriptor.digest);
    expect(response.headers.get('content-length')).toBe(`${content.bytes.byteLength}`);
    expect(await response.text()).toBe(method === 'GET' ? content.bytes.toString() : '');
  }
}

async function codeOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return `${response.status} ${errors[0]?.code}`;
}

describe.each(['sha256', 'sha512'])('blobs by %s', (algorithm) => {
  const blob = contentOf('0123456789', algorithm);

  it('end-2: GET and HEAD answer with the content, its length and its digest; a missing one is 404', async () => {
    for (const method of ['GET', 'HEAD']) expect((await call(method, blobUrl(blob))).status).toBe(404);
    await pushBlob(blob);
    await expectBlob(blob);
    const head = await call('HEAD', blobUrl(blob));
    expect(head.headers.get('content-length')).toBe('10');
    expect(head.headers.get('docker-content-digest')).toBe(blob.descriptor.digest);
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, undefined, 'bytes */10'],
  ])('end-2: GET of range %s', async (range, status, text, contentRange) => {
    await pushBlob(blob);
    const response = await call('GET', blobUrl(blob), { headers: { range } });
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange]);
    if (text !== undefined) expect(await response.text()).toBe(text);
  });

  it('end-4a, end-6: POST, then PUT with the content', async () => {
    const location = await begin();
    const response = await call('PUT', closing(location, blob), { body: blob.bytes });
    expect(response.status).toBe(201);
    expect(new URL(locationOf(response), server.url).pathname).toBe(blobUrl(blob));
    await expectBlob(blob);
  });

  it('end-4b: POST with the content', async () => {
    await pushBlob(blob);
    await expectBlob(blob);
  });

  it('end-4c: POST with ?digest-algorithm, then PATCH and PUT', async () => {
    const location = await begin(`${uploads}?digest-algorithm=${algorithm}`);
    const patched = await call('PATCH', location, { body: blob.bytes });
    expect((await call('PUT', closing(locationOf(patched), blob))).status).toBe(201);
    await expectBlob(blob);
  });

  it('end-5: a streamed body without range', async () => {
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(blob.bytes.subarray(0, 5));
        controller.enqueue(blob.bytes.subarray(5));
        controller.close();
      },
    });
    const init: RequestInit & { duplex: string } = { body, duplex: 'half' };
    const patched = await call('PATCH', await begin(), init);
    expect([patched.status, patched.headers.get('range')]).toEqual([202, '0-9']);
    expect((await call('PUT', closing(locationOf(patched), blob))).status).toBe(201);
    await expectBlob(blob);
  });

  it.each([
    ['the last one with PATCH', 10],
    ['the last one with PUT', 7],
  ])('end-5, end-6, end-13: chunks in order, %s', async (_how, patched) => {
    let location = await begin();
    for (const [start, end] of [
      [0, 4],
      [4, 7],
      [7, 10],
    ] as const) {
      if (start >= patched) break;
      const response = await chunk(location, blob.bytes.subarray(start, end), start);
      expect([response.status, response.headers.get('range')]).toEqual([202, `0-${end - 1}`]);
      location = locationOf(response);
      const state = await call('GET', location);
      expect([state.status, state.headers.get('range')]).toEqual([204, `0-${end - 1}`]);
    }
    const rest = blob.bytes.subarray(patched);
    const last = rest.byteLength === 0 ? {} : { body: rest, headers: { 'content-range': `${patched}-9` } };
    expect((await call('PUT', closing(location, blob), last)).status).toBe(201);
    await expectBlob(blob);
  });

  it('end-5, end-13: a chunk out of order is 416, and the upload goes on from where it was', async () => {
    let location = await begin();
    location = locationOf(await chunk(location, blob.bytes.subarray(0, 4), 0));
    expect((await chunk(location, blob.bytes.subarray(7), 7)).status).toBe(416);
    expect(
      (
        await call('PUT', closing(location, blob), {
          body: blob.bytes.subarray(7),
          headers: { 'content-range': '7-9' },
        })
      ).status,
    ).toBe(416);
    const state = await call('GET', location);
    expect([state.status, state.headers.get('range')]).toEqual([204, '0-3']);
    location = locationOf(await chunk(locationOf(state), blob.bytes.subarray(4), 4));
    expect((await call('PUT', closing(location, blob))).status).toBe(201);
    await expectBlob(blob);
  });

  it.each([
    [
      'end-4b: POST',
      (other: Content) => call('POST', `${uploads}?digest=${other.descriptor.digest}`, { body: blob.bytes }),
    ],
    [
      'end-6: PUT',
      async (other: Content) => call('PUT', closing(await begin(), other), { body: blob.bytes }),
    ],
  ])('%s with the digest of other content is refused, and nothing is stored', async (_how, send) => {
    const other = contentOf('other', algorithm);
    expect(await codeOf(await send(other))).toBe('400 DIGEST_INVALID');
    for (const content of [blob, other]) expect((await call('HEAD', blobUrl(content))).status).toBe(404);
  });

  it('end-10: DELETE takes the blob away at once', async () => {
    await pushBlob(blob);
    expect((await call('DELETE', blobUrl(blob))).status).toBe(202);
    for (const method of ['GET', 'HEAD', 'DELETE'])
      expect((await call(method, blobUrl(blob))).status).toBe(404);
    await pushBlob(blob);
    await expectBlob(blob);
  });

  it('end-11: mount, with and without the repository it comes from', async () => {
    await pushBlob(blob);
    for (const from of ['&from=one', '']) {
      const mounted = await call('POST', `/v2/two/blobs/uploads/?mount=${blob.descriptor.digest}${from}`);
      expect(mounted.status).toBe(201);
      expect(new URL(locationOf(mounted), server.url).pathname).toBe(blobUrl(blob, 'two'));
    }
    await expectBlob(blob, 'two');
  });

  it('end-11: a mount of what is not there becomes an upload', async () => {
    const begun = await call('POST', `/v2/two/blobs/uploads/?mount=${blob.descriptor.digest}&from=one`);
    expect(begun.status).toBe(202);
    expect((await call('PUT', closing(locationOf(begun), blob), { body: blob.bytes })).status).toBe(201);
    await expectBlob(blob, 'two');
  });

  it('end-14: DELETE of an upload ends it', async () => {
    const location = await begin();
    await chunk(location, blob.bytes.subarray(0, 4), 0);
    expect((await call('DELETE', location)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE'])
      expect((await call(method, location)).status).toBe(404);
  });

  it('end-7a: a manifest by digest', async () => {
    const image = imageOf([blob], {}, algorithm);
    await pushBlob(blob);
    const response = await push(image);
    expect(response.headers.get('docker-content-digest')).toBe(image.descriptor.digest);
    await expectManifest(image);
  });

  it('end-7b: a manifest by digest with tags', async () => {
    const image = imageOf([], {}, algorithm);
    const response = await push(image, `${image.descriptor.digest}?tag=a&tag=b`);
    const accepted = (response.headers.get('oci-tag') ?? '').split(',').map((tag) => tag.trim());
    expect(accepted.sort()).toEqual(['a', 'b']);
    for (const tag of ['a', 'b']) await expectManifest(image, tag);
  });

  it('end-12a: referrers of a subject', async () => {
    const subject = imageOf([], {}, algorithm);
    const referrer = imageOf([], { subject: subject.descriptor, artifactType: 'text/a' });
    expect((await push(referrer)).headers.get('oci-subject')).toBe(subject.descriptor.digest);
    const list = await call('GET', `/v2/one/referrers/${subject.descriptor.digest}`);
    expect(await list.json()).toMatchObject({ manifests: [{ digest: referrer.descriptor.digest }] });
  });
});

describe('uploads', () => {
  it('end-4a: an empty blob', async () => {
    const empty = contentOf('');
    expect((await call('PUT', closing(await begin(), empty))).status).toBe(201);
    await expectBlob(empty);
  });

  it.each(['sha256:zz', 'md5:00000000000000000000000000000000', 'none'])(
    'end-4b: refuses the digest %s',
    async (digest) => {
      expect(await codeOf(await call('POST', `${uploads}?digest=${digest}`, { body: 'x' }))).toBe(
        '400 DIGEST_INVALID',
      );
    },
  );

  it('end-4c: refuses an algorithm it does not know', async () => {
    expect(await codeOf(await call('POST', `${uploads}?digest-algorithm=md5`))).toBe('400 DIGEST_INVALID');
  });
});

describe('manifests', () => {
  const layer = contentOf('layer');
  const image = imageOf([layer]);
  const child = imageOf([]);

  it('end-1: the base answers', async () => {
    expect((await call('GET', '/v2/')).status).toBe(200);
  });

  it('end-3: a missing one is 404, by tag and by digest; a digest that is none is refused', async () => {
    expect(await codeOf(await call('GET', '/v2/one/manifests/none'))).toBe('404 MANIFEST_UNKNOWN');
    expect(await codeOf(await call('GET', `/v2/one/manifests/${image.descriptor.digest}`))).toBe(
      '404 MANIFEST_UNKNOWN',
    );
    expect((await call('GET', '/v2/one/manifests/sha256:zz')).status).toBe(400);
  });

  it.each<readonly [string, Content]>([
    ['an index', indexOf([child])],
    ['an index in an index', indexOf([indexOf([child])])],
    ['an index without entries', indexOf([])],
    ['an index with an artifact type', indexOf([child], { artifactType: 'text/a' })],
    ['an image without layers', child],
    ['an artifact', imageOf([], { artifactType: 'text/a', annotations: { a: 'b' } })],
    ['fields that nobody knows', imageOf([], { strange: { field: [1, 2, 3] } })],
    [
      'inline data',
      imageOf([], { config: { ...contentOf('{}', 'sha256', emptyType).descriptor, data: 'e30=' } }),
    ],
    [
      'a subject that is missing',
      imageOf([], { subject: contentOf('gone', 'sha256', imageType).descriptor }),
    ],
    ['an index with a subject', indexOf([], { subject: child.descriptor })],
    ['four megabytes', imageOf([], { annotations: { large: 'x'.repeat(4 * 1024 * 1024 - 1_000) } })],
  ])('end-3, end-7a: keeps %s byte for byte', async (_what, content) => {
    await push(child);
    await push(content, 'v1');
    await expectManifest(content, 'v1');
    await expectManifest(content);
  });

  it('end-7a: layers that need not be distributed may be missing, others may not', async () => {
    const foreign = contentOf('foreign', 'sha256', 'application/vnd.oci.image.layer.nondistributable.v1.tar');
    await push(imageOf([foreign]));
    expect(await codeOf(await pushManifest(imageOf([contentOf('missing')])))).toBe(
      '400 MANIFEST_BLOB_UNKNOWN',
    );
  });

  it('end-7a: refuses a manifest under the digest of another, and one that is too large', async () => {
    await push(child);
    const wrong = await pushManifest(child, contentOf('other').descriptor.digest);
    expect(await codeOf(wrong)).toBe('400 DIGEST_INVALID');
    const large = imageOf([], { annotations: { large: 'x'.repeat(5 * 1024 * 1024) } });
    expect((await pushManifest(large)).status).toBe(413);
  });

  it('end-7a: a tag moves, and the old manifest stays under its digest', async () => {
    await push(child, 'v1');
    const next = imageOf([], { annotations: { next: 'yes' } });
    await push(next, 'v1');
    await expectManifest(next, 'v1');
    await expectManifest(child);
  });

  it('end-9: DELETE of a tag leaves the manifest, DELETE of a digest takes tags and referrers with it at once', async () => {
    const referrer = imageOf([], { subject: child.descriptor, artifactType: 'text/a' });
    await push(child, 'a');
    await push(child, 'b');
    await push(referrer);
    expect((await call('DELETE', '/v2/one/manifests/a')).status).toBe(202);
    expect((await call('GET', '/v2/one/manifests/a')).status).toBe(404);
    await expectManifest(child, 'b');
    expect((await call('DELETE', `/v2/one/manifests/${referrer.descriptor.digest}`)).status).toBe(202);
    const list = await call('GET', `/v2/one/referrers/${child.descriptor.digest}`);
    expect(await list.json()).toMatchObject({ manifests: [] });
    expect((await call('DELETE', `/v2/one/manifests/${child.descriptor.digest}`)).status).toBe(202);
    for (const reference of ['b', child.descriptor.digest]) {
      for (const method of ['GET', 'HEAD', 'DELETE'])
        expect((await call(method, `/v2/one/manifests/${reference}`)).status).toBe(404);
    }
  });
});

describe('tags', () => {
  it('end-8a: all of them, sorted; 404 for a repository that is not there', async () => {
    expect(await codeOf(await call('GET', '/v2/one/tags/list'))).toBe('404 NAME_UNKNOWN');
    for (const tag of ['b', 'a', 'c']) await push(imageOf([]), tag);
    const list = await call('GET', '/v2/one/tags/list');
    expect(await list.json()).toEqual({ name: 'one', tags: ['a', 'b', 'c'] });
  });

  it('end-8b: pages by n and last, and by Link', async () => {
    for (const tag of ['a', 'b', 'c']) await push(imageOf([]), tag);
    const first = await call('GET', '/v2/one/tags/list?n=2');
    expect(await first.json()).toMatchObject({ tags: ['a', 'b'] });
    const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
    const second = await call('GET', next);
    expect(await second.json()).toMatchObject({ tags: ['c'] });
    expect(second.headers.get('link')).toBeNull();
    const after = await call('GET', '/v2/one/tags/list?n=1&last=a');
    expect(await after.json()).toMatchObject({ tags: ['b'] });
    expect(await (await call('GET', '/v2/one/tags/list?n=0')).json()).toMatchObject({ tags: [] });
  });
});

describe('referrers', () => {
  const subject = imageOf([]);
  const plain = imageOf([], { subject: subject.descriptor });
  const typed = imageOf([], { subject: subject.descriptor, artifactType: 'text/a', annotations: { a: 'b' } });
  const list = (query = ''): Promise<Response> =>
    call('GET', `/v2/one/referrers/${subject.descriptor.digest}${query}`);

  it('end-12a: an empty index for what has none, stored or not', async () => {
    const response = await list();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, indexType]);
    expect(await response.json()).toEqual({ schemaVersion: 2, mediaType: indexType, manifests: [] });
  });

  it('end-12a: artifact type or the type of the configuration, and the annotations', async () => {
    for (const content of [plain, typed]) await push(content);
    const { manifests } = (await (await list()).json()) as { manifests: Descriptor[] };
    const byDigest = new Map(manifests.map((entry) => [entry.digest, entry]));
    expect(byDigest.get(typed.descriptor.digest)).toEqual({
      ...typed.descriptor,
      artifactType: 'text/a',
      annotations: { a: 'b' },
    });
    expect(byDigest.get(plain.descriptor.digest)).toEqual({ ...plain.descriptor, artifactType: emptyType });
  });

  it('end-12b: only those of one type, and says that it has chosen', async () => {
    for (const content of [plain, typed]) await push(content);
    const response = await list('?artifactType=text/a');
    expect(response.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(await response.json()).toMatchObject({ manifests: [{ digest: typed.descriptor.digest }] });
  });

  it('end-12a: refuses what is no digest', async () => {
    expect((await call('GET', '/v2/one/referrers/none')).status).toBe(400);
  });
});
