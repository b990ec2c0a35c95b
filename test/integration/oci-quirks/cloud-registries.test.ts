import { sha256 } from 'oci-client-ts';
import { expect, it } from 'vitest';
import {
  image,
  layer,
  quirkyRegistry,
  referrersOf,
  seedTags,
  signature,
  tagsOf,
} from '../../fixtures/quirky-registry.ts';
import { failureOf, readFrom } from '../../fixtures/remote-registry.ts';

const noRetry = { retry: { attempts: 1 } };
const login = { kind: 'basic', username: 'AWS', password: 'first' } as const;
const names = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `v${`${at}`.padStart(5, '0')}`);

it('quirk 15: names a manifest by the digest of its bytes', async () => {
  const registry = await quirkyRegistry(15);
  await registry.seed([image], 'v1');
  const store = registry.store();
  expect(await store.resolve('v1')).toMatchObject({ descriptor: image.descriptor });
  await store.push(signature.descriptor, signature.bytes);
  expect(await store.exists(signature.descriptor)).toBe(true);
  await store.push(layer.descriptor, layer.bytes);
  expect(await readFrom(store, layer)).toEqual(layer.bytes);
});

it('quirk 16: asks the API after the push, and keeps the list under the fallback tag', async () => {
  const registry = await quirkyRegistry(16);
  await registry.seed([image]);
  const store = registry.store();
  await store.push(signature.descriptor, signature.bytes);
  expect(await referrersOf(store, image.descriptor)).toEqual([signature.descriptor.digest]);
});

it('quirk 18: fails with unsupported, so that nobody takes it for signed', async () => {
  const registry = await quirkyRegistry(18);
  await registry.seed([image]);
  const error = await failureOf(registry.store().push(signature.descriptor, signature.bytes));
  expect(error).toMatchObject({ code: 'unsupported', details: { status: 405 } });
  expect(registry.asked(/^PUT/)).toHaveLength(1);
});

it('quirk 19: asks for 1000 tags at most, and lists all', async () => {
  const registry = await quirkyRegistry(19);
  await registry.seed([image]);
  await seedTags(registry, image, names(2300));
  expect((await tagsOf(registry.store())).sort()).toEqual(names(2300));
});

it.each([999, 1000, 2000, 2300])('quirk 20 (%i tags): asks on behind a full page', async (count) => {
  const registry = await quirkyRegistry(20);
  await registry.seed([image]);
  await seedTags(registry, image, names(count));
  expect((await tagsOf(registry.store())).sort()).toEqual(names(count));
});

it('quirk 21: goes by the status of an error, and fails on a list that is none', async () => {
  const errors = await quirkyRegistry('21:errors');
  const error = await failureOf(errors.store().resolve('v1'));
  expect(error).toMatchObject({ code: 'not-found', details: { status: 404 } });
  const tags = await quirkyRegistry('21:tags');
  expect((await failureOf(tagsOf(tags.store()))).code).toBe('protocol');
  const referrers = await quirkyRegistry('21:referrers', 35);
  await referrers.seed([image]);
  const store = referrers.store();
  await store.push(signature.descriptor, signature.bytes);
  expect(await referrersOf(store, image.descriptor)).toEqual([signature.descriptor.digest]);
});

it('quirk 22: gets a new credential, once', async () => {
  const registry = await quirkyRegistry(22);
  await registry.seed([image], 'v1');
  let given = 0;
  const provider = {
    match: () => true,
    get: async () => [given === 0 ? login : { ...login, password: 'second' }],
    forget: () => {
      given += 1;
    },
  };
  const store = registry.store({ credentials: [provider], ...noRetry });
  await store.resolve('v1');
  expect(await store.resolve('v1')).toMatchObject({ kind: 'resolved' });
  expect(given).toBe(1);
});

it('quirk 22: fails with denied when the credential stays the same', async () => {
  const registry = await quirkyRegistry(22);
  await registry.seed([image], 'v1');
  const store = registry.store({ credentials: () => login, ...noRetry });
  await store.resolve('v1');
  const before = registry.requests.length;
  expect((await failureOf(store.resolve('v1'))).code).toBe('denied');
  expect(registry.requests.length - before).toBeLessThanOrEqual(2);
});

it('quirk 25: waits and asks again, and a failed call spoils none that follows', async () => {
  const patient = await quirkyRegistry(25);
  await patient.seed([image], 'v1');
  expect(await patient.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
  const registry = await quirkyRegistry(25);
  await registry.seed([image], 'v1');
  const store = registry.store(noRetry);
  for (let at = 0; at < 2; at += 1) {
    expect((await failureOf(store.resolve('v1'))).code).toBe('rate-limited');
  }
  expect(await store.resolve('v1')).toMatchObject({ kind: 'resolved' });
});

it('quirk 32: pushes a blob in one part', async () => {
  const registry = await quirkyRegistry(32);
  const bytes = new Uint8Array(5 * 1024 * 1024).fill(9);
  const blob = { mediaType: 'application/octet-stream', digest: sha256(bytes), size: bytes.byteLength };
  await registry.store().push(blob, bytes);
  expect(await registry.layout.blobs.size(blob.digest)).toBe(bytes.byteLength);
  expect(registry.asked(/^PATCH/)).toEqual([]);
});

it('quirk 33: goes on to the upload, whose challenge it can answer', async () => {
  const registry = await quirkyRegistry(33);
  await registry.store().push(layer.descriptor, layer.bytes);
  expect(await registry.layout.blobs.size(layer.descriptor.digest)).toBe(layer.descriptor.size);
});

it('quirk 34: looks for what it pushed, and fails when it is not there', async () => {
  const registry = await quirkyRegistry(34);
  await registry.seed([]);
  const error = await failureOf(registry.store().push(image.descriptor, image.bytes));
  expect(error.message).toContain(registry.host);
  await failureOf(registry.store().resolve(image.descriptor.digest));
});
