import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { TlsSettings } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../fakes/oci-content.ts';
import { type Authority, type Certificate, createAuthority, hasOpenssl } from '../fixtures/certificates.ts';
import { failureOf, readFrom, repositoryAt, send } from '../fixtures/remote-registry.ts';

const image = imageOf();

describe.skipIf(!hasOpenssl)('a registry with TLS', () => {
  let folder = '';
  let authority: Authority;
  let server: Certificate;
  let client: Certificate;
  let stranger: Authority;
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'oci-tls-'));
    [authority, stranger] = await Promise.all([
      createAuthority(folder, 'authority'),
      createAuthority(folder, 'stranger'),
    ]);
    server = await authority.issue('127.0.0.1');
    client = await authority.issue('client');
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await rm(folder, { recursive: true });
  });

  interface TlsRegistry {
    readonly host: string;
    /** Names in the client certificates of the requests. */
    readonly clients: (string | undefined)[];
  }

  async function registry(options: ServerOptions = {}, redirectTo?: () => string): Promise<TlsRegistry> {
    const clients: (string | undefined)[] = [];
    const listener = createServer({ ...server, ...options }, (request, response) => {
      const certificate = (request.socket as TLSSocket).getPeerCertificate();
      clients.push(certificate.subject?.CN as string | undefined);
      if (redirectTo !== undefined && request.url?.includes('/blobs/')) {
        response.writeHead(307, { location: `${redirectTo()}${request.url}` }).end();
      } else send(response, image);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      listener.closeAllConnections();
      return new Promise((resolve) => listener.close(resolve));
    });
    return { host: `127.0.0.1:${(listener.address() as AddressInfo).port}`, clients };
  }

  const at = (host: string, tls: TlsSettings) =>
    repositoryAt(host, { plainHttp: false, tls, retry: { attempts: 1 } });

  it('is trusted by an authority of our own, besides those of the system', async () => {
    const { host } = await registry();
    expect(await at(host, { ca: `${stranger.cert}\n${authority.cert}` }).resolve('v1')).toMatchObject({
      descriptor: { digest: image.descriptor.digest },
    });
  });

  it.each([
    ['no authority of our own', () => ({})],
    ['another authority', () => ({ ca: stranger.cert })],
    ['a flag that is not set', () => ({ insecureSkipVerify: false })],
  ])('is refused with %s, without a second try in the clear', async (_behaviour, tls) => {
    const { host, clients } = await registry();
    const error = await failureOf(at(host, tls()).resolve('v1'));
    expect({ code: error.code, clients }).toEqual({ code: 'tls', clients: [] });
    expect(error.message).toMatch(/certificate/);
  });

  it('is not what answers when the registry speaks plain HTTP, and that is what is said', async () => {
    const listener = createPlainServer((_, response) => void response.end());
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => listener.close(resolve)));
    const host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const error = await failureOf(at(host, {}).resolve('v1'));
    expect(error.code).toBe('tls');
    expect(error.message).toMatch(
      /: expected TLS, got an answer without it: it looks like plain HTTP \(ERR_SSL_[A-Z_]+\)$/,
    );
  });

  it('is refused under another name than its certificate has', async () => {
    const { host } = await registry(await authority.issue('other.example'));
    const error = await failureOf(at(host, { ca: authority.cert }).resolve('v1'));
    expect(error.message).toMatch(/altnames|does not match/i);
  });

  it('is not verified when that is asked for', async () => {
    const { host } = await registry();
    await at(host, { insecureSkipVerify: true }).resolve('v1');
  });

  it('gets the client certificate that it wants', async () => {
    const { host, clients } = await registry({ requestCert: true, ca: authority.cert });
    await at(host, { ca: authority.cert, ...client }).resolve('v1');
    expect(clients).toEqual(['client']);
  });

  it('refuses us without one', async () => {
    const { host } = await registry({ requestCert: true, ca: authority.cert });
    await failureOf(at(host, { ca: authority.cert }).resolve('v1'));
  });

  it('keeps the client certificate to itself when it sends us elsewhere', async () => {
    const named = await authority.issue('localhost');
    const storage = await registry({ ...named, requestCert: true, rejectUnauthorized: false });
    const { host, clients } = await registry(
      { requestCert: true, ca: authority.cert },
      () => `https://${storage.host.replace('127.0.0.1', 'localhost')}`,
    );
    const content = {
      descriptor: { ...image.descriptor, mediaType: 'application/octet-stream' },
      bytes: image.bytes,
    };
    await readFrom(at(host, { ca: authority.cert, ...client }), content);
    expect([clients, storage.clients]).toEqual([['client'], [undefined]]);
  });

  it.each<[string, () => TlsSettings, RegExp]>([
    ['authorities without a certificate', () => ({ ca: 'hunter2' }), /^ca: expected certificates in PEM/],
    [
      'an authority that is none',
      () => ({ ca: '-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----' }),
      /^ca: expected a certificate as number 1/,
    ],
    ['a certificate without key', () => ({ cert: client.cert }), /expected a certificate and its key/],
    [
      'a key of another certificate',
      () => ({ cert: client.cert, key: server.key }),
      /the key that belongs to it/,
    ],
    ['a key that is none', () => ({ cert: client.cert, key: 'hunter2' }), /the key that belongs to it/],
  ])('cannot be reached with %s', async (_behaviour, tls, message) => {
    const { host } = await registry();
    const error = await failureOf(at(host, tls()).resolve('v1'));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'invalid',
      message: expect.stringMatching(message),
    });
    expect(error.message).not.toContain('hunter2');
  });
});
