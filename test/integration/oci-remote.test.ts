import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLayout, RemoteRepository, serveRegistry, Transport } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { describeStore } from '../../src/oci-client-ts/store-contract.ts';
import { imageOf } from '../fakes/oci-content.ts';
import { scriptedServer } from '../fakes/scripted-server.ts';

describeStore('a registry', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sealift-remote-'));
  const server = await serveRegistry({ layout: await openLayout(directory) });
  const transport = new Transport();
  const store = new RemoteRepository({ host: `127.0.0.1:${server.port}`, repository: 'team/app', transport });
  return {
    store,
    close: async () => {
      await transport.close();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
});

describe('a poll that finds nothing new', () => {
  const image = imageOf();
  const etag = `"${image.descriptor.digest}"`;

  async function poll(count: number, conditional: boolean) {
    await using server = await scriptedServer((request, response) => {
      const type = image.descriptor.mediaType;
      if (conditional && request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
      else
        response.writeHead(200, { 'content-type': type, ...(conditional ? { etag } : {}) }).end(image.bytes);
    });
    const transport = new Transport();
    const store = new RemoteRepository({ host: server.host, repository: 'team/app', transport });
    const first = await store.resolve('v1');
    const before = {
      requests: server.requests.length,
      connections: server.connections(),
      bytes: server.bytes(),
    };
    const kinds = new Set<string>();
    let known = first.validator;
    for (let at = 0; at < count; at += 1) {
      const found = await store.resolve('v1', { known });
      kinds.add(found.kind);
      known = found.validator;
    }
    const bytes = (server.bytes() - before.bytes) / count;
    await transport.close();
    const requests = (server.requests.length - before.requests) / count;
    return {
      kinds: [...kinds],
      requests,
      connections: server.connections() - before.connections,
      bytes,
      known,
    };
  }

  it('is one conditional request on the same connection', async () => {
    const { bytes, ...rest } = await poll(10, true);
    expect(rest).toEqual({
      kinds: ['unchanged'],
      requests: 1,
      connections: 0,
      known: { digest: image.descriptor.digest, mediaType: image.descriptor.mediaType, etag },
    });
    // HTTP/1.1 in the clear repeats every header each time; HTTP/2 sends the same in less than half.
    expect(bytes).toBeGreaterThan(100);
    expect(bytes).toBeLessThan(620);
  });

  it('is one request on the same connection where the registry knows no entity tags', async () => {
    const { bytes, ...rest } = await poll(10, false);
    expect(rest).toEqual({
      kinds: ['unchanged'],
      requests: 1,
      connections: 0,
      known: { digest: image.descriptor.digest, mediaType: image.descriptor.mediaType },
    });
    expect(bytes).toBeLessThan(1500);
  });

  it('by HEAD keeps the connection too', async () => {
    await using server = await scriptedServer((_, response) => void response.writeHead(200).end());
    const transport = new Transport();
    const store = new RemoteRepository({ host: server.host, repository: 'team/app', transport });
    for (let at = 0; at < 5; at += 1) expect(await store.exists(image.descriptor)).toBe(true);
    expect(server.connections()).toBe(1);
    await transport.close();
  });
});
