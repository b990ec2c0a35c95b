import { Readable } from 'node:stream';
import { OciError, type OciErrorCode, RemoteRepository, Transport } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { blobOf, imageOf } from '../fakes/oci-content.ts';
import type { Answerer } from '../fakes/scripted-server.ts';
import { failureOf, readFrom, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const blob = blobOf('0123456789'.repeat(100));

function* endless(): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(65_536);
}

describe('a registry that answers a manifest request', () => {
  const cases: readonly [string, Answerer, OciErrorCode, RegExp][] = [
    [
      'with other content than the digest says',
      (_, response) => send(response, imageOf({ annotations: { a: 'b' } })),
      'digest-mismatch',
      /expected content of this digest, got sha256:/,
    ],
    [
      'with a digest header that lies',
      (_, response) =>
        send(response, imageOf({ annotations: { a: 'b' } }), {
          'docker-content-digest': image.descriptor.digest,
        }),
      'digest-mismatch',
      /got sha256:/,
    ],
    [
      'without end',
      (_, response) =>
        void Readable.from(endless()).pipe(
          response.writeHead(200, { 'content-type': image.descriptor.mediaType }),
        ),
      'too-large',
      /expected at most 4194304 bytes/,
    ],
    [
      'in an encoding nobody asked for',
      (_, response) => send(response, image, { 'content-encoding': 'gzip' }),
      'protocol',
      /encoded body/,
    ],
    [
      'with an empty body',
      (_, response) => send(response, blobOf('', image.descriptor.mediaType)),
      'digest-mismatch',
      /digest/,
    ],
    [
      'with a page of HTML',
      (_, response) => send(response, blobOf('<html>', 'text/html')),
      'digest-mismatch',
      /digest/,
    ],
    [
      'with not modified, unasked',
      (_, response) => void response.writeHead(304).end(),
      'protocol',
      /expected status 200, got 304/,
    ],
    [
      'by sending us to another host',
      (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/x' }).end(),
      'protocol',
      /redirect \(status 307\) that is not followed: it leads to another host/,
    ],
    [
      'by sending us in circles',
      (request, response) => void response.writeHead(307, { location: request.url ?? '' }).end(),
      'protocol',
      /limit 5/,
    ],
    [
      'with a redirect to nowhere',
      (_, response) => void response.writeHead(302).end(),
      'protocol',
      /no address/,
    ],
    [
      'that it has none',
      (_, response) =>
        void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"none"}]}'),
      'not-found',
      /got 404 MANIFEST_UNKNOWN \(none\)/,
    ],
    ['that we may not', (_, response) => void response.writeHead(403).end('<html>'), 'denied', /got 403$/],
    [
      'that it is broken',
      (_, response) => void response.writeHead(503).end('down'),
      'server-error',
      /got 503 \(down\)/,
    ],
    ['by closing the connection', (_, response) => void response.destroy(), 'unreachable', /UND_ERR_SOCKET/],
    [
      'with something that is no HTTP',
      (_, response) => void response.socket?.end('hello\r\n\r\n'),
      'protocol',
      /does not match the HTTP/,
    ],
  ];

  it.each(cases)('%s: says so', async (_behaviour, answer, code, message) => {
    const { host } = await serve(answer);
    const error = await failureOf(repositoryAt(host).resolve(image.descriptor.digest));
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringMatching(message),
    });
    expect(error.subject).toBe(`${host}/team/app@${image.descriptor.digest}`);
  });

  it('and breaks off in the middle, once: is asked again', async () => {
    let cuts = 1;
    const { host, requests } = await serve((_, response) => {
      cuts -= 1;
      if (cuts < 0) return send(response, image);
      response.writeHead(200, { 'content-length': image.bytes.byteLength });
      response.write(image.bytes.subarray(0, 50), () => response.destroy());
    });
    const content = await readFrom(repositoryAt(host), image);
    expect(Buffer.from(content).equals(image.bytes)).toBe(true);
    expect(requests).toHaveLength(2);
  });

  it('with other content than was to be fetched: not a byte comes out', async () => {
    const wrong = { ...image, bytes: image.bytes.toReversed() };
    const { host } = await serve((_, response) => send(response, wrong));
    const chunks: Uint8Array[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of repositoryAt(host).fetch(image.descriptor)) chunks.push(chunk);
    };
    expect((await failureOf(read())).code).toBe('digest-mismatch');
    expect(chunks).toEqual([]);
  });

  it('with a header that lies about a tag: the digest is that of the bytes', async () => {
    const { host } = await serve((_, response) =>
      send(response, image, { 'docker-content-digest': blob.descriptor.digest }),
    );
    expect(await repositoryAt(host).resolve('v1')).toMatchObject({ descriptor: image.descriptor });
  });

  it.each([
    ['another type inside', image, 'application/vnd.oci.image.index.v1+json'],
    ['both lists', imageOf({ manifests: [] }), image.descriptor.mediaType],
  ])('with %s: refuses it', async (_behaviour, content, type) => {
    const { host } = await serve((_, response) => send(response, content, { 'content-type': type }));
    expect((await failureOf(repositoryAt(host).resolve('v1'))).code).toBe('invalid');
  });

  it('asks with all four types, and says who asks', async () => {
    const { host, requests } = await serve((_, response) =>
      send(response, image, { 'content-type': `${image.descriptor.mediaType}; charset=utf-8` }),
    );
    await repositoryAt(host).resolve('v1');
    expect(requests[0]?.headers.accept?.split(', ')).toHaveLength(4);
    expect(requests[0]?.headers['user-agent']).toMatch(/^oci-client-ts\/\d+\.\d+\.\d+$/);
  });

  it('sends no condition for content other than the digest asked for', async () => {
    const { host, requests } = await serve((_, response) => send(response, image));
    const known = { digest: blob.descriptor.digest, etag: '"x"' };
    expect(await repositoryAt(host).resolve(image.descriptor.digest, { known })).toMatchObject({
      kind: 'resolved',
    });
    expect(requests[0]?.headers['if-none-match']).toBeUndefined();
  });

  it('with an entity tag that would break a header: forgets it', async () => {
    const { host } = await serve((_, response) => send(response, image, { etag: 'no quotes' }));
    expect(await repositoryAt(host).resolve('v1')).toMatchObject({
      validator: { digest: image.descriptor.digest },
    });
    expect(
      await repositoryAt(host).resolve('v1', {
        known: { digest: image.descriptor.digest, etag: '"a\r\nb"' },
      }),
    ).toMatchObject({ kind: 'unchanged' });
  });
});

describe('a registry that is busy', () => {
  const busyFor = (failures: number, headers: Record<string, string>): Answerer => {
    let count = 0;
    return (_, response) => {
      count += 1;
      if (count > failures) send(response, image);
      else response.writeHead(429, headers).end('<html>slow down</html>');
    };
  };

  it('is asked again after the seconds it wants', async () => {
    const { host, requests } = await serve(busyFor(1, { 'retry-after': '1' }));
    const start = performance.now();
    await repositoryAt(host).resolve('v1');
    expect(performance.now() - start).toBeGreaterThan(950);
    expect(requests).toHaveLength(2);
  });

  it('is not asked again at once when it wants a long wait: the caller learns how long', async () => {
    const { host, requests } = await serve(busyFor(9, { 'retry-after': '31536000' }));
    const error = await failureOf(repositoryAt(host).resolve('v1'));
    expect(error.code).toBe('rate-limited');
    expect(error.retryable).toBe(true);
    expect(error.details).toEqual({ status: 429, retryAfterMs: 3_600_000 });
    expect(requests).toHaveLength(1);
  });

  it('is left alone after the last try', async () => {
    const { host, requests } = await serve(busyFor(9, {}));
    expect((await failureOf(repositoryAt(host).resolve('v1'))).code).toBe('rate-limited');
    expect(requests).toHaveLength(3);
  });

  it('lets go at once, and leaves nothing behind, when the caller gives up during the wait', async () => {
    const { host, requests } = await serve(busyFor(9, { 'retry-after': '2' }));
    const controller = new AbortController();
    const wait = repositoryAt(host).resolve('v1', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(wait).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });
});

describe('a name that would leave the repository', () => {
  it.each(['../../other/manifests/v1', 'v1?x=1', '', 'sha256:../x'])(
    '%j is refused before any request',
    async (reference) => {
      const { host, requests } = await serve((_, response) => send(response, image));
      await expect((async () => repositoryAt(host).resolve(reference))()).rejects.toMatchObject({
        code: 'invalid',
      });
      await expect(
        (async () =>
          readFrom(repositoryAt(host), {
            ...blob,
            descriptor: { ...blob.descriptor, digest: `${reference}:x/y` },
          }))(),
      ).rejects.toMatchObject({ code: 'invalid' });
      expect(requests).toHaveLength(0);
    },
  );

  it('is refused as host or repository too', () => {
    const transport = new Transport();
    expect(() => new RemoteRepository({ host: 'a/b', repository: 'x', transport })).toThrow(OciError);
    expect(() => new RemoteRepository({ host: 'a', repository: '../x', transport })).toThrow(OciError);
  });
});
