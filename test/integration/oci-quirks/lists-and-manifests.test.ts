import { expect, it } from 'vitest';
import { indexOf } from '../../fakes/oci-content.ts';
import {
  image,
  poll,
  quirkyRegistry,
  referrersOf,
  report,
  signature,
  tagsOf,
} from '../../fixtures/quirky-registry.ts';
import { failureOf } from '../../fixtures/remote-registry.ts';

const noRetry = { retry: { attempts: 1 } };
const fallbackTag = image.descriptor.digest.replace(':', '-');
const listed = [signature.descriptor.digest, report.descriptor.digest].sort();

it('quirk 42 (42:head): counts the bytes itself', async () => {
  const registry = await quirkyRegistry('42:head');
  await registry.seed([image], 'v1');
  const store = registry.store();
  expect(await store.resolve('v1')).toMatchObject({ descriptor: image.descriptor });
  expect(await poll(store, 2)).toEqual(['unchanged']);
  expect(await store.exists(image.descriptor)).toBe(true);
});

it('quirk 42 (42:get): fails with a code when the rest never comes', async () => {
  const registry = await quirkyRegistry('42:get');
  await registry.seed([image], 'v1');
  expect((await failureOf(registry.store(noRetry).resolve('v1'))).code).toBe('unreachable');
});

it('quirk 47: takes the list as filtered', async () => {
  const registry = await quirkyRegistry(47);
  await registry.seed([image, signature, report]);
  const found = await referrersOf(registry.store(), image.descriptor, 'test/report');
  expect(found).toEqual([report.descriptor.digest]);
});

it('quirk 48: looks under the fallback tag as well', async () => {
  const registry = await quirkyRegistry(48);
  const list = indexOf([{ ...signature.descriptor, artifactType: 'test/signature' }]);
  await registry.seed([image, signature, list], fallbackTag);
  expect(await referrersOf(registry.store(), image.descriptor)).toEqual([signature.descriptor.digest]);
});

it.each(['51:other-origin', '51:repeated'] as const)(
  'quirk 51 (%s): fails, since a list that ends early looks complete',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    expect((await failureOf(tagsOf(registry.store()))).code).toBe('protocol');
    expect(registry.requests).toHaveLength(1);
  },
);

it.each(['51:relative', '51:no-rel'] as const)('quirk 51 (%s): goes on to the last page', async (quirk) => {
  const registry = await quirkyRegistry(quirk);
  expect(await tagsOf(registry.store())).toEqual(['v1', 'v2', 'v3']);
});

it('quirk 51 (51:endless): fails at the limit of pages', async () => {
  const registry = await quirkyRegistry('51:endless');
  expect((await failureOf(tagsOf(registry.store()))).code).toBe('too-large');
});

it.each([
  ['53:type-differs', 'invalid'],
  ['53:both-kinds', 'invalid'],
  ['53:endless', 'too-large'],
  ['53:5-mib', 'too-large'],
  ['53:gzip', 'protocol'],
  ['53:empty', 'invalid'],
] as const)('quirk 53 (%s): fails with a code of its own', async (quirk, code) => {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([image], 'v1');
  expect((await failureOf(registry.store(noRetry).resolve('v1'))).code).toBe(code);
});

it('quirk 53 (53:other-content): fails with digest-mismatch, by digest', async () => {
  const registry = await quirkyRegistry('53:other-content');
  await registry.seed([image], 'v1');
  const error = await failureOf(registry.store(noRetry).resolve(image.descriptor.digest));
  expect(error.code).toBe('digest-mismatch');
});

it.each(['53:header-lies', '53:tag-moves'] as const)(
  'quirk 53 (%s): goes by the bytes of one answer',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.seed([image], 'v1');
    expect(await registry.store().resolve('v1')).toMatchObject({ descriptor: image.descriptor });
    expect(await registry.store().resolve(image.descriptor.digest)).toMatchObject({
      descriptor: image.descriptor,
    });
  },
);

it('quirk 56: works on, and its errors are no longer for it', async () => {
  const registry = await quirkyRegistry(56);
  await registry.seed([image], 'v1');
  expect(await registry.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
  expect((await failureOf(registry.store().resolve('v2'))).message.length).toBeLessThan(400);
});

it.each([
  ['57:null', 0],
  ['57:100000', 100_000],
] as const)('quirk 57 (%s): gives what there is', async (quirk, count) => {
  const registry = await quirkyRegistry(quirk);
  expect(await tagsOf(registry.store())).toHaveLength(count);
});

it('quirk 57 (57:100001): fails at the limit of tags', async () => {
  const registry = await quirkyRegistry('57:100001');
  expect((await failureOf(tagsOf(registry.store()))).code).toBe('too-large');
});

it('quirk 57 (57:not-tags): leaves out what no request could name', async () => {
  const registry = await quirkyRegistry('57:not-tags');
  expect(await tagsOf(registry.store())).toEqual(['v1', 'v2']);
});

it('quirk 57 (57:not-sorted): gives them as they come', async () => {
  const registry = await quirkyRegistry('57:not-sorted');
  expect(await tagsOf(registry.store())).toEqual(['v2', 'v10', 'V1', 'v1']);
});

it.each([
  ['58:1000', 1002],
  ['58:other-subject', 3],
  ['58:nested-index', 3],
  ['58:duplicates', 2],
] as const)('quirk 58 (%s): gives each entry once, as a hint to be checked', async (quirk, count) => {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([image, signature, report]);
  const found = await referrersOf(registry.store(), image.descriptor);
  expect(found).toHaveLength(count);
  expect(found).toEqual(expect.arrayContaining(listed));
});

it('quirk 58 (58:wrong-type): filters by the type that is listed', async () => {
  const registry = await quirkyRegistry('58:wrong-type');
  await registry.seed([image, signature, report]);
  expect(await referrersOf(registry.store(), image.descriptor, 'test/report')).toEqual([]);
  expect((await referrersOf(registry.store(), image.descriptor)).sort()).toEqual(listed);
});
