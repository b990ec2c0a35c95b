import { RemoteRepository } from 'oci-client-ts';
import { afterEach, expect, it } from 'vitest';
import { openDockerTransport } from '../../cmd/sealift/docker-transport.ts';
import { RepositoryOpener } from '../../cmd/sealift/open-repository.ts';
import { imageOf } from '../fakes/oci-content.ts';
import { onlySource, siteOf, sourceYaml } from '../fakes/site.ts';
import { send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const desired = siteOf(sourceYaml('app', '  insecure: true'));
const openers: RepositoryOpener[] = [];

afterEach(async () => {
  for (const opener of openers.splice(0)) await opener.close();
});

function openerIn(environment: Readonly<Record<string, string>>): RepositoryOpener {
  const opener = new RepositoryOpener(environment);
  openers.push(opener);
  return opener;
}

it('reaches the registries of sources by the proxy of the environment', async () => {
  const proxy = await serve((_, response) => send(response, image));
  const store = await openerIn({ HTTP_PROXY: proxy.url }).open(onlySource(desired), desired);
  expect((await store.resolve('latest')).kind).toBe('resolved');
  expect(proxy.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET http://registry.example/v2/app/manifests/latest',
  ]);
});

it('goes to hosts in no_proxy directly', async () => {
  const registry = await serve((_, response) => send(response, image));
  const proxy = await serve((_, response) => void response.writeHead(502).end());
  const local = siteOf(sourceYaml('app').replace('registry.example', registry.host));
  const environment = { http_proxy: proxy.url, no_proxy: '127.0.0.1' };
  const store = await openerIn(environment).open(onlySource(local), local);
  expect((await store.resolve('latest')).kind).toBe('resolved');
  expect([proxy.requests.length, registry.requests.length]).toEqual([0, 1]);
});

it('publishes by the proxy of the environment', async () => {
  const proxy = await serve((_, response) => send(response, image));
  const transport = await openDockerTransport(true, { http_proxy: proxy.url });
  await new RemoteRepository({ host: 'registry.example', repository: 'app', transport }).resolve('latest');
  await transport.close();
  expect(proxy.requests.map(({ url }) => url)).toEqual(['http://registry.example/v2/app/manifests/latest']);
});
