import { readAll, sha256 } from 'oci-client-ts';
import { expect, it } from 'vitest';
import { imageOf } from '../../fakes/oci-content.ts';
import {
  config,
  image,
  layer,
  poll,
  quirkyRegistry,
  referrersOf,
  report,
  signature,
} from '../../fixtures/quirky-registry.ts';
import { failureOf, readFrom } from '../../fixtures/remote-registry.ts';

const login = { kind: 'basic', username: 'alice', password: 'secret' } as const;

it('quirk 7: finds referrers under the fallback tag', async () => {
  const registry = await quirkyRegistry(7, 35);
  await registry.seed([image]);
  const store = registry.store();
  await store.push(signature.descriptor, signature.bytes);
  expect(await referrersOf(store, image.descriptor)).toEqual([signature.descriptor.digest]);
});

it('quirk 8: goes by the status: not-found, with the code as it came, and no referrers', async () => {
  const registry = await quirkyRegistry(8);
  const error = await failureOf(registry.store().resolve('v1'));
  expect(error).toMatchObject({ code: 'not-found', details: { status: 404, registryCode: 'NOT_FOUND' } });
  expect(await referrersOf(registry.store(), image.descriptor)).toEqual([]);
});

it('quirk 9: reads a blob without asking by HEAD first', async () => {
  const registry = await quirkyRegistry(9);
  await registry.seed([layer]);
  expect(await readFrom(registry.store(), layer)).toEqual(layer.bytes);
  expect(registry.asked()).toEqual([`GET /v2/team/app/blobs/${layer.descriptor.digest}`]);
});

it('quirk 10: polls by conditional GET, which the cache answers itself', async () => {
  const registry = await quirkyRegistry(10);
  await registry.seed([image], 'v1');
  expect(await poll(registry.store(), 8)).toEqual(['unchanged']);
  expect(registry.asked(/^HEAD/)).toEqual([]);
});

it('quirk 11: asks for a manifest by GET, so that the cache keeps it', async () => {
  const registry = await quirkyRegistry(11);
  await registry.seed([image], 'v1');
  const store = registry.store();
  await store.resolve('v1');
  expect(await store.resolve('v1')).toMatchObject({ kind: 'resolved' });
});

it('quirk 26: asks for no range on its first request', async () => {
  const registry = await quirkyRegistry(26);
  await registry.seed([layer]);
  expect(await readFrom(registry.store(), layer)).toEqual(layer.bytes);
  expect(registry.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
});

it('quirk 27: fails with unsupported, and sends it once', async () => {
  const registry = await quirkyRegistry(27);
  await registry.seed([]);
  const error = await failureOf(registry.store().push(image.descriptor, image.bytes));
  expect(error).toMatchObject({ code: 'unsupported', details: { status: 406 } });
  expect(registry.asked(/^PUT/)).toHaveLength(1);
});

it('quirk 28: sends the manifest again, a few times', async () => {
  const registry = await quirkyRegistry(28);
  await registry.seed([]);
  await registry.store().push(image.descriptor, image.bytes);
  expect(registry.asked(/^PUT/)).toHaveLength(3);
  expect(await registry.store().exists(image.descriptor)).toBe(true);
});

it('quirk 29: fails with the code of the registry, and stores nothing', async () => {
  const registry = await quirkyRegistry(29);
  const error = await failureOf(registry.store().push(layer.descriptor, layer.bytes));
  expect(error).toMatchObject({ code: 'invalid', details: { registryCode: 'BLOB_UPLOAD_INVALID' } });
  expect(error.message).toContain(registry.host);
  expect(await registry.layout.blobs.size(layer.descriptor.digest)).toBeUndefined();
});

it('quirk 30: fails with unauthorized after the login was shown, and asks no further', async () => {
  const registry = await quirkyRegistry(30);
  const store = registry.store({ credentials: () => login });
  const error = await failureOf(store.push(layer.descriptor, layer.bytes));
  expect(error).toMatchObject({ code: 'unauthorized', details: { status: 401 } });
  expect(error.message).not.toContain('secret');
  expect(registry.asked(/^POST/).length).toBeLessThanOrEqual(2);
});

it('quirk 31: never asks for /v2/', async () => {
  const registry = await quirkyRegistry(31);
  await registry.seed([image], 'v1');
  expect(await registry.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
  expect(registry.asked(/ \/v2\/?$/)).toEqual([]);
});

it('quirk 35: finds referrers under the fallback tag, and shows nothing of the page', async () => {
  const registry = await quirkyRegistry(35);
  await registry.seed([image]);
  const store = registry.store();
  for (const content of [signature, report]) await store.push(content.descriptor, content.bytes);
  expect(await referrersOf(store, image.descriptor)).toEqual([
    signature.descriptor.digest,
    report.descriptor.digest,
  ]);
});

it('quirk 36: names all manifest types in every request', async () => {
  const registry = await quirkyRegistry(36);
  await registry.seed([image], 'v1');
  const store = registry.store();
  expect(await store.exists(image.descriptor)).toBe(true);
  expect(await store.resolve('v1')).toMatchObject({ descriptor: image.descriptor });
  expect(await readFrom(store, image)).toEqual(image.bytes);
  await store.delete(image.descriptor);
  expect(await store.exists(image.descriptor)).toBe(false);
});

it('quirk 37: polls by entity tag, keeps referrers under the fallback tag, pushes and reads', async () => {
  const registry = await quirkyRegistry(37);
  const store = registry.store();
  for (const content of [config, layer]) await store.push(content.descriptor, content.bytes);
  const app = imageOf({ layers: [layer.descriptor], subject: image.descriptor, artifactType: 'test/app' });
  await store.push(app.descriptor, app.bytes);
  await store.tag(app.descriptor, 'v1');
  expect(await poll(store, 3)).toEqual(['unchanged']);
  expect(registry.requests.at(-1)).toMatchObject({
    method: 'GET',
    headers: { 'if-none-match': `"${app.descriptor.digest}"` },
  });
  expect(await readFrom(store, layer)).toEqual(layer.bytes);
  expect(await referrersOf(store, image.descriptor)).toEqual([app.descriptor.digest]);
});

it('quirk 38: polls without entity tags, lists referrers by the API, fails where a type is refused', async () => {
  const registry = await quirkyRegistry(38);
  await registry.seed([image], 'v1');
  const store = registry.store();
  expect(await poll(store, 3)).toEqual(['unchanged']);
  for (const content of [signature, report]) await store.push(content.descriptor, content.bytes);
  expect(await referrersOf(store, image.descriptor, 'test/report')).toEqual([report.descriptor.digest]);
  const docker = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: config.descriptor,
      layers: [],
    }),
  );
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
  const descriptor = { mediaType, digest: sha256(docker), size: docker.byteLength };
  expect((await failureOf(store.push(descriptor, docker))).code).toBe('unsupported');
  expect(registry.asked(/manifests\/sha256-/)).toEqual([]);
  await readAll(store.fetch(image.descriptor), 4096, 'test');
});
