import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { proxyFromEnvironment } from 'oci-client-ts';
import { afterEach, describe, expect, it } from 'vitest';
import { imageOf } from '../fakes/oci-content.ts';
import { failureOf, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface SeenProxyRequest {
  readonly what: string;
  readonly headers: IncomingHttpHeaders;
}

/** A proxy that leads every request, whatever its host, to one server on loopback. */
async function proxyTo(target: string): Promise<{ url: string; seen: SeenProxyRequest[] }> {
  const seen: SeenProxyRequest[] = [];
  const server = createServer((request, response) => {
    seen.push({ what: `${request.method} ${request.url}`, headers: request.headers });
    fetch(`http://${target}/v2/`, { headers: {} }).then(
      () => send(response, image),
      () => response.writeHead(502).end(),
    );
  });
  server.on('connect', (request, socket) => {
    seen.push({ what: `CONNECT ${request.url}`, headers: request.headers });
    const [host = '', port = ''] = target.split(':');
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.on('error', () => through.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe('a proxy', () => {
  it('carries requests to registries without TLS, and its password goes to it alone', async () => {
    const registry = await serve((_, response) => send(response, image));
    const proxy = await proxyTo(registry.host);
    const http = proxy.url.replace('//', '//me:hunter2@');
    await repositoryAt('reg.example', { plainHttp: true, proxy: { http } }).resolve('v1');
    expect(proxy.seen.map(({ what }) => what)).toEqual(['GET http://reg.example/v2/team/app/manifests/v1']);
    expect(proxy.seen[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('me:hunter2').toString('base64')}`,
    );
  });

  it('is asked for a tunnel to registries with TLS', async () => {
    const registry = await serve((_, response) => send(response, image));
    const { url, seen } = await proxyTo(registry.host);
    const store = repositoryAt('reg.example:8443', { proxy: { https: url }, retry: { attempts: 1 } });
    // What answers behind the tunnel speaks no TLS: that the tunnel was asked for is what counts.
    await failureOf(store.resolve('v1'));
    expect(seen.map(({ what }) => what)).toEqual(['CONNECT reg.example:8443']);
  });

  it('is left out for hosts in no_proxy, and for loopback', async () => {
    const registry = await serve((_, response) => send(response, image));
    const proxy = await proxyTo(registry.host);
    const environment = { http_proxy: proxy.url, HTTP_PROXY: 'http://unused.invalid', no_proxy: '.invalid' };
    const settings = proxyFromEnvironment(environment);
    await repositoryAt(registry.host, { proxy: settings }).resolve('v1');
    const direct = repositoryAt('reg.invalid', { plainHttp: true, proxy: settings, retry: { attempts: 1 } });
    expect((await failureOf(direct.resolve('v1'))).code).toBe('unreachable');
    expect(proxy.seen).toEqual([]);
  });

  it.each(['socks4://me:hunter2@proxy', 'http://me:hunter2@'])(
    'that is none is an error by name: %s',
    async (https) => {
      const error = await failureOf(repositoryAt('reg.example', { proxy: { https } }).resolve('v1'));
      expect(error.message).toMatch(/^proxy: expected/);
      expect(error.message).not.toContain('hunter2');
    },
  );

  it('that does not answer is an error, and nothing goes around it', async () => {
    const registry = await serve((_, response) => send(response, image));
    const proxy = { http: 'http://127.0.0.1:1' };
    const error = await failureOf(
      repositoryAt('reg.example', { plainHttp: true, proxy, retry: { attempts: 1 } }).resolve('v1'),
    );
    expect(error.code).toBe('unreachable');
    expect(registry.requests).toEqual([]);
  });
});
