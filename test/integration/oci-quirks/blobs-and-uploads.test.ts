import { expect, it } from 'vitest';
import { blobOf } from '../../fakes/oci-content.ts';
import { image, layer, quirkyRegistry } from '../../fixtures/quirky-registry.ts';
import { failureOf, readFrom } from '../../fixtures/remote-registry.ts';

/** So large that half of it is worth going on from. */
const large = blobOf(Array.from({ length: 10_000 }, (_, at) => `line ${at}`).join('\n'));
const login = { kind: 'basic', username: 'alice', password: 'secret' } as const;
const impatient = { limits: { headersMs: 2000, idleMs: 200 }, retry: { attempts: 2, baseDelayMs: 1 } };

it.each(['52:relative', '52:absolute', '52:with-query', '52:without-query', '52:changing'] as const)(
  'quirk 52 (%s): ends the upload where the registry says',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.store().push(layer.descriptor, layer.bytes);
    expect(await registry.layout.blobs.size(layer.descriptor.digest)).toBe(layer.descriptor.size);
  },
);

it('quirk 52 (52:other-host): sends the bytes to the other host, and the login only to its own', async () => {
  const registry = await quirkyRegistry('52:other-host');
  await registry.store({ credentials: () => login }).push(layer.descriptor, layer.bytes);
  expect(await registry.layout.blobs.size(layer.descriptor.digest)).toBe(layer.descriptor.size);
  const elsewhere = registry.requests.filter(({ headers }) => headers.host?.startsWith('localhost'));
  expect(elsewhere.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

it.each([
  ['54:too-long', 'size-mismatch'],
  ['54:too-long-unsaid', 'size-mismatch'],
  ['54:too-short', 'size-mismatch'],
  ['54:too-short-unsaid', 'size-mismatch'],
  ['54:wrong', 'digest-mismatch'],
] as const)('quirk 54 (%s): fails, and lets nobody take the bytes for right', async (quirk, code) => {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([layer]);
  expect((await failureOf(readFrom(registry.store(impatient), layer))).code).toBe(code);
});

it.each(['54:cut-once', '54:200-for-range'] as const)(
  'quirk 54 (%s): goes on from the byte reached, and ends with the right bytes',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.seed([large]);
    expect(await readFrom(registry.store(impatient), large)).toEqual(large.bytes);
    const ranges = registry.requests.map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
  },
);

it('quirk 54 (54:slow): waits as long as bytes come', async () => {
  const registry = await quirkyRegistry('54:slow');
  const blob = blobOf('a thin link keeps moving');
  await registry.seed([blob]);
  expect(await readFrom(registry.store(impatient), blob)).toEqual(blob.bytes);
});

it.each(['54:wrong-start', '54:wrong-total', '54:416', '54:etag-changes'] as const)(
  'quirk 54 (%s): ends with the right bytes, asked for from the start again',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.seed([large]);
    expect(await readFrom(registry.store(impatient), large)).toEqual(large.bytes);
    const ranges = registry.requests.map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/), undefined]);
  },
);

it('quirk 54 (54:expiring-redirect): asks the registry for another address before it goes on', async () => {
  const registry = await quirkyRegistry('54:expiring-redirect');
  await registry.seed([large]);
  expect(await readFrom(registry.store(impatient), large)).toEqual(large.bytes);
  const [, digest = ''] = large.descriptor.digest.split(':');
  const places = registry.asked().map((line) => line.replace(digest, 'DIGEST'));
  const both = ['GET /v2/team/app/blobs/sha256:DIGEST', 'GET /storage/team/app/sha256:DIGEST'];
  expect(places).toEqual([...both, ...both]);
});

it.each([
  ['54:cut-always', 'unreachable'],
  ['54:stalls', 'timeout'],
] as const)('quirk 54 (%s): gives up with a code', async (quirk, code) => {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([layer]);
  expect((await failureOf(readFrom(registry.store(impatient), layer))).code).toBe(code);
});

it.each([
  ['55:seconds', 900],
  ['55:date', 0],
  ['55:absent', 0],
  ['55:burst-503', 0],
] as const)('quirk 55 (%s): waits as asked, and asks again', async (quirk, atLeastMs) => {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([image], 'v1');
  const start = performance.now();
  expect(await registry.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
  expect(performance.now() - start).toBeGreaterThan(atLeastMs);
});

it('quirk 55 (55:absurd): fails at once, with a wait of an hour at most for the caller', async () => {
  const registry = await quirkyRegistry('55:absurd');
  await registry.seed([image], 'v1');
  const error = await failureOf(registry.store().resolve('v1'));
  expect(error).toMatchObject({ code: 'rate-limited', details: { retryAfterMs: 3_600_000 } });
  expect(registry.requests).toHaveLength(1);
});

it.each(['55:reset-before-body', '55:reset-after-body'] as const)(
  'quirk 55 (%s): ends the upload, in a second try',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.store().push(layer.descriptor, layer.bytes);
    expect(await registry.layout.blobs.size(layer.descriptor.digest)).toBe(layer.descriptor.size);
  },
);
