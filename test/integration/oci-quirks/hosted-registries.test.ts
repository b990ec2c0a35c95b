import { sha256 } from 'oci-client-ts';
import { expect, it } from 'vitest';
import { mappedDispatcher } from '../../fakes/mapped-dispatcher.ts';
import { imageOf } from '../../fakes/oci-content.ts';
import {
  config,
  image,
  poll,
  quirkyRegistry,
  referrersOf,
  report,
  signature,
} from '../../fixtures/quirky-registry.ts';
import { failureOf, repositoryAt } from '../../fixtures/remote-registry.ts';

const noRetry = { retry: { attempts: 1 } };

it('quirk 1: takes the subject under its own fallback tag as no list at all', async () => {
  const registry = await quirkyRegistry(1, 35);
  await registry.seed([image], 'v1');
  expect(await referrersOf(registry.store(), image.descriptor)).toEqual([]);
  expect(registry.asked(/manifests\/sha256-/)).toHaveLength(1);
});

it('quirk 2: fails with the registry, its code and the type that was refused', async () => {
  const registry = await quirkyRegistry(2);
  await registry.seed([]);
  const type = 'application/vnd.cncf.flux.config.v1+json';
  const artifact = imageOf({ config: { ...config.descriptor, mediaType: type } });
  const error = await failureOf(registry.store().push(artifact.descriptor, artifact.bytes));
  expect(error).toMatchObject({
    code: 'invalid',
    details: { status: 400, registryCode: 'MANIFEST_INVALID' },
  });
  expect(error.message).toContain(registry.host);
  expect(error.message).toContain(type);
  const other = imageOf();
  await registry.store().push(other.descriptor, other.bytes);
});

it('quirk 3: does not follow, and finds referrers under the fallback tag', async () => {
  const registry = await quirkyRegistry(3, 35);
  await registry.seed([image]);
  const store = registry.store();
  await store.push(signature.descriptor, signature.bytes);
  expect(await referrersOf(store, image.descriptor)).toEqual([signature.descriptor.digest]);
});

it('quirk 4: fails with the endpoint at fault, never with not-found', async () => {
  const registry = await quirkyRegistry(4);
  await registry.seed([image], 'v1');
  for (const act of [() => registry.store().resolve('v1'), () => registry.store().exists(image.descriptor)]) {
    const error = await failureOf(act());
    expect(error).toMatchObject({ code: 'protocol', details: { status: 302 } });
    expect(error.message).toContain('packages.invalid');
  }
});

it('quirk 5: pushes a larger blob whole, or in parts that fit', async () => {
  const registry = await quirkyRegistry(5);
  const bytes = new Uint8Array(5 * 1024 * 1024).fill(7);
  const blob = { mediaType: 'application/octet-stream', digest: sha256(bytes), size: bytes.byteLength };
  await registry.store().push(blob, bytes);
  expect(await registry.layout.blobs.size(blob.digest)).toBe(bytes.byteLength);
});

it('quirk 6: keeps referrers under the fallback tag', async () => {
  const registry = await quirkyRegistry(6, 35);
  await registry.seed([image]);
  const store = registry.store();
  for (const content of [signature, report]) await store.push(content.descriptor, content.bytes);
  expect(await referrersOf(store, image.descriptor, 'test/report')).toEqual([report.descriptor.digest]);
});

it('quirk 12: fails with unsupported, the registry and the type, and sends it once', async () => {
  const registry = await quirkyRegistry(12);
  await registry.seed([]);
  const error = await failureOf(registry.store().push(signature.descriptor, signature.bytes));
  expect(error.code).toBe('unsupported');
  expect(error.message).toContain(registry.host);
  expect(error.message).toContain('test/signature');
  expect(registry.asked(/^PUT/)).toHaveLength(1);
});

it.each(['13:404', '13:400'] as const)(
  'quirk 13 (%s): finds referrers under the fallback tag',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk, 35);
    await registry.seed([image]);
    const store = registry.store();
    await store.push(signature.descriptor, signature.bytes);
    expect(await referrersOf(store, image.descriptor)).toEqual([signature.descriptor.digest]);
  },
);

it('quirk 14: asks for the scope it needs, and never for an empty one', async () => {
  const registry = await quirkyRegistry(14);
  await registry.seed([image], 'v1');
  expect(await registry.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
  const [call] = registry.requests.filter(({ url }) => url.startsWith('/token'));
  expect(new URLSearchParams(call?.url.split('?')[1]).getAll('scope')).toEqual(['repository:team/app:pull']);
});

it('quirk 17: waits and asks again, and shows nothing of the page when it gives up', async () => {
  const registry = await quirkyRegistry(17);
  await registry.seed([image], 'v1');
  const error = await failureOf(registry.store(noRetry).resolve('v1'));
  expect(error).toMatchObject({ code: 'rate-limited', retryable: true, details: { status: 429 } });
  expect(error.message).not.toContain('<');
  expect(await registry.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
});

it('quirk 39: polls by HEAD, at the right host, with library/ before a bare name', async () => {
  const registry = await quirkyRegistry(39);
  const repository = registry.layout.repository('library/alpine');
  for (const { descriptor, bytes } of [config, image]) await repository.push(descriptor, bytes);
  await repository.tag(image.descriptor, 'v1');
  const dispatcher = mappedDispatcher(registry.url);
  const store = repositoryAt('docker.io', { dispatcher, ...noRetry }, 'alpine');
  expect(await poll(store, 6)).toEqual(['unchanged']);
  expect(registry.asked(/^GET/)).toHaveLength(1);
  expect(new Set(registry.asked().map((line) => line.split(' ')[1]))).toEqual(
    new Set(['/v2/library/alpine/manifests/v1']),
  );
  expect(registry.requests[0]?.headers.host).toBe('registry-1.docker.io');
});

it('quirk 40: gives all layers in their order, whatever their types', async () => {
  const registry = await quirkyRegistry(40);
  const found = await registry.store().resolve('chart');
  const { layers } = JSON.parse(
    new TextDecoder().decode(found.kind === 'resolved' ? found.content : undefined),
  );
  expect(layers.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual([
    'application/vnd.cncf.helm.chart.provenance.v1.prov',
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    'application/x-unheard-of',
  ]);
});
