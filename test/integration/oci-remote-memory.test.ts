import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Descriptor, mediaTypes, type TransportOptions } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../fakes/oci-content.ts';
import { type Authority, createAuthority, hasOpenssl } from '../fixtures/certificates.ts';
import { repositoryAt, serve } from '../fixtures/remote-registry.ts';

const mebibyte = 2 ** 20;
const block = Buffer.from(Uint8Array.from({ length: mebibyte }, (_, at) => (at * 31 + (at >> 8)) % 251));

/** As many of the same block as that. */
function large(blocks: number): Descriptor {
  const hash = createHash('sha256');
  for (let count = 0; count < blocks; count += 1) hash.update(block);
  const digest = `sha256:${hash.digest('hex')}`;
  return { mediaType: mediaTypes.octetStream, digest, size: blocks * mebibyte };
}

const blob = large(12);

/** Sends the blob in odd parts, whether the connection takes them or not. */
function sendBlob(
  _request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, headers);
  for (let count = 0; count < 12; count += 1) {
    for (let at = 0; at < mebibyte; at += 50_021) response.write(block.subarray(at, at + 50_021));
  }
  response.end();
}

/** Reads with pauses, keeps each chunk, and looks at all of them at the end: the digest alone says what they were when they came. */
async function digestOfKept(host: string, options: TransportOptions = {}, pauseMs = 5): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of repositoryAt(host, options).fetch(blob)) {
    chunks.push(chunk);
    if (chunks.length % 7 === 1) await sleep(pauseMs);
  }
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

describe('chunks that a reader keeps stay what they were', () => {
  let folder = '';
  let authority: Authority;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'oci-memory-'));
    if (hasOpenssl) authority = await createAuthority(folder, 'authority');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('over HTTP/1.1, with the length told', async () => {
    const { host } = await serve((request, response) =>
      sendBlob(request, response, { 'content-length': `${blob.size}` }),
    );
    expect(await digestOfKept(host)).toBe(blob.digest);
  });

  it('over HTTP/1.1, in chunks of odd sizes', async () => {
    const { host } = await serve((request, response) => sendBlob(request, response));
    expect(await digestOfKept(host)).toBe(blob.digest);
  });

  it.skipIf(!hasOpenssl).each(['1.1', '2.0'])('over TLS and HTTP/%s', async (version) => {
    const versions: string[] = [];
    const certificate = await authority.issue('127.0.0.1');
    const server = version === '2.0' ? createSecureServer(certificate) : createServer(certificate);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      versions.push(request.httpVersion);
      sendBlob(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const tls = { ca: authority.cert };
    expect(await digestOfKept(host, { plainHttp: false, tls })).toBe(blob.digest);
    expect(versions).toEqual([version]);
    server.close();
  });

  it('where parts come while the reader is away', async () => {
    const { host } = await serve(async (_request, response) => {
      response.socket?.setNoDelay();
      response.writeHead(200, { 'content-length': `${blob.size}` });
      for (let at = 0; at < blob.size; ) {
        const most = at < 2 * mebibyte ? mebibyte : 20_000;
        const part = block.subarray(at % mebibyte).subarray(0, most);
        response.write(part);
        at += part.byteLength;
        if (at >= 2 * mebibyte && at < 3 * mebibyte) await sleep(1);
      }
      response.end();
    });
    expect(await digestOfKept(host, {}, 150)).toBe(blob.digest);
  });
});

describe('the head of an answer', () => {
  it('stays what it was while the rest of it comes in many pieces', async () => {
    const image = imageOf();
    const length = image.bytes.byteLength;
    const head = `HTTP/1.1 200 OK\r\nETag: "abc"\r\nX-Long: ${'w'.repeat(9000)}\r\nContent-Length: ${length}\r\n\r\n`;
    const server = createTcpServer(async (socket) => {
      socket.setNoDelay().on('error', () => {});
      for (let at = 0; at < head.length; at += 1500) {
        socket.write(head.slice(at, at + 1500));
        await sleep(3);
      }
      socket.end(image.bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const store = repositoryAt(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect((await store.resolve('v1')).validator.etag).toBe('"abc"');
    server.close();
  });
});

describe('the memory of a pull', () => {
  it('stays within 32 MiB for 256 MiB of lent chunks, with Node as it is', async () => {
    const [part, whole] = [large(16), large(256)];
    const { host } = await serve(async (request, response) => {
      const { digest, size } = request.url?.includes(part.digest) ? part : whole;
      response.writeHead(200, { 'content-length': `${size}`, 'docker-content-digest': digest });
      for (let sent = 0; sent < size; sent += mebibyte) {
        if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end();
    });
    const script = fileURLToPath(new URL('oci-puller.ts', import.meta.url));
    const order = [host, JSON.stringify(part), JSON.stringify(whole)];
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...order]);
    expect(JSON.parse(stdout).addedMiB).toBeLessThan(32);
  });
});
