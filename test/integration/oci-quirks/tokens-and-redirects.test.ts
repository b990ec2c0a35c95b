import { expect, it } from 'vitest';
import { mappedDispatcher } from '../../fakes/mapped-dispatcher.ts';
import { image, layer, type QuirkyRegistry, quirkyRegistry, tagsOf } from '../../fixtures/quirky-registry.ts';
import { failureOf, readFrom, repositoryAt } from '../../fixtures/remote-registry.ts';

const login = { kind: 'basic', username: 'alice', password: 'secret' } as const;
const noRetry = { retry: { attempts: 1 } };

const tokenCalls = ({ requests }: QuirkyRegistry) => requests.filter(({ url }) => url.startsWith('/token'));

async function readsFromStorage(quirk: 23 | 24): Promise<void> {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([layer]);
  const store = registry.store({ credentials: () => login });
  expect(await readFrom(store, layer)).toEqual(layer.bytes);
  const stored = registry.requests.filter(({ url }) => url.startsWith('/storage/'));
  expect(stored.map(({ headers }) => headers.authorization)).toEqual([undefined]);
}

it('quirk 23: leaves the login behind on the way to the storage', () => readsFromStorage(23));
it('quirk 24: leaves the login behind on the way to the storage', () => readsFromStorage(24));

it('quirk 43: puts the scope it needs first', async () => {
  const registry = await quirkyRegistry(43);
  await registry.seed([image], 'v1');
  expect(await registry.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
});

it.each([
  ['a login', login],
  ['an identity token', { kind: 'identity', token: 'id-token', username: '<token>' }],
] as const)('quirk 44 (%s): asks by GET', async (_what, credential) => {
  const registry = await quirkyRegistry(44);
  await registry.seed([image], 'v1');
  const provider = { match: () => true, get: async () => [credential] };
  const store = registry.store({ credentials: [provider], ...noRetry });
  expect(await store.resolve('v1')).toMatchObject({ kind: 'resolved' });
  expect(tokenCalls(registry).at(-1)?.method).toBe('GET');
});

it.each(['45:future', '45:past', '45:no-lifetime', '45:short'] as const)(
  'quirk 45 (%s): counts from receipt, a minute at least, and asks for one token',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.seed([image], 'v1');
    const store = registry.store();
    for (let at = 0; at < 3; at += 1) await store.resolve('v1');
    expect(tokenCalls(registry)).toHaveLength(1);
  },
);

it('quirk 46: fails with unauthorized and denied, never with not-found', async () => {
  const registry = await quirkyRegistry(46);
  const store = registry.store(noRetry);
  expect((await failureOf(store.resolve('v1'))).code).toBe('unauthorized');
  expect((await failureOf(tagsOf(store))).code).toBe('denied');
});

it.each([
  ['49:http', 'protocol'],
  ['49:ip-literal', 'protocol'],
  ['49:private-address', 'protocol'],
  ['49:link-local', 'protocol'],
  ['49:other-host', 'unauthorized'],
  ['49:redirect', 'protocol'],
  ['49:1-mib', 'too-large'],
  ['49:not-json', 'protocol'],
] as const)('quirk 49 (%s): shows the login to nobody else, and fails with a code', async (quirk, code) => {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([image], 'v1');
  const store = registry.store({ credentials: () => login, ...noRetry });
  const error = await failureOf(store.resolve('v1'));
  expect(error.code).toBe(code);
  expect(error.message).not.toContain('secret');
  expect(registry.requests.filter(({ url }) => url.includes('moved'))).toEqual([]);
});

it.each(['49:many-challenges', '49:two-headers', '49:quoted', '49:unknown-scheme-first'] as const)(
  'quirk 49 (%s): answers the challenge it can answer',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.seed([image], 'v1');
    expect(await registry.store().resolve('v1')).toMatchObject({ kind: 'resolved' });
  },
);

it.each(['50:cross-host', '50:five-hops'] as const)(
  'quirk 50 (%s): follows, and checks what came',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.seed([layer]);
    expect(await readFrom(registry.store(), layer)).toEqual(layer.bytes);
  },
);

it.each(['50:loop', '50:six-hops'] as const)('quirk 50 (%s): fails after five hops', async (quirk) => {
  const registry = await quirkyRegistry(quirk);
  await registry.seed([layer]);
  expect((await failureOf(readFrom(registry.store(), layer))).code).toBe('protocol');
  expect(registry.requests).toHaveLength(6);
});

it.each(['50:downgrade', '50:link-local', '50:loopback'] as const)(
  'quirk 50 (%s): does not leave encryption, or a public name for an address within',
  async (quirk) => {
    const registry = await quirkyRegistry(quirk);
    await registry.seed([layer]);
    const dispatcher = mappedDispatcher(registry.url);
    const store = repositoryAt('registry.test', { dispatcher });
    expect((await failureOf(readFrom(store, layer))).code).toBe('protocol');
    expect(registry.requests).toHaveLength(1);
  },
);

it('quirk 50 (50:put): sends a body to no other address', async () => {
  const registry = await quirkyRegistry('50:put');
  await registry.seed([]);
  const error = await failureOf(registry.store().push(image.descriptor, image.bytes));
  expect(error.code).toBe('protocol');
  expect(registry.asked(/^PUT/)).toHaveLength(1);
});
