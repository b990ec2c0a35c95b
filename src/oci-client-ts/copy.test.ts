import { describe, expect, it } from 'vitest';
import {
  type CopyEvent,
  copy,
  createMemoryStore,
  type Descriptor,
  type Fetcher,
  OciError,
  type Store,
} from './index.ts';
import { blobOf, collect, config, image, imageOf, indexOf, layer, pushAll } from './store-contract.ts';

/** Notes what is done to a store, in order. */
function observed(store: Store): { readonly store: Store; readonly acts: string[] } {
  const acts: string[] = [];
  const proxy: Store = {
    resolve: (reference, options) => store.resolve(reference, options),
    fetch: (descriptor, options) => store.fetch(descriptor, options),
    exists: (descriptor, options) => store.exists(descriptor, options),
    tags: (options) => store.tags(options),
    referrers: (subject, options) => store.referrers(subject, options),
    delete: (descriptor, options) => store.delete(descriptor, options),
    push: async (descriptor, content, options) => {
      await store.push(descriptor, content, options);
      acts.push(descriptor.digest);
    },
    tag: async (descriptor, tag, options) => {
      await store.tag(descriptor, tag, options);
      acts.push(`tag ${tag}`);
    },
  };
  return { store: proxy, acts };
}

const other = imageOf(blobOf('other layer'), config);
const both = indexOf([image.descriptor, other.descriptor]);
const signature = imageOf(blobOf('signature'), config, {
  subject: both.descriptor,
  artifactType: 'a/signature',
});
const stamp = imageOf(blobOf('stamp'), config, { subject: signature.descriptor, artifactType: 'a/stamp' });
const everything = [
  layer,
  config,
  image,
  ...['other layer', 'signature', 'stamp'].map((text) => blobOf(text)),
  other,
  both,
  signature,
  stamp,
];

async function source(): Promise<Store> {
  const store = createMemoryStore();
  await pushAll(store, ...everything);
  await store.tag(both.descriptor, 'v1');
  return store;
}

const digests = (...contents: readonly { readonly descriptor: Descriptor }[]): string[] =>
  contents.map(({ descriptor }) => descriptor.digest);

describe('copy', () => {
  it('copies an index with all it names: blobs before manifests, children before parents, the tag last', async () => {
    const { store, acts } = observed(createMemoryStore());
    const result = await copy(await source(), store, 'v1');
    expect(result).toMatchObject({ descriptor: both.descriptor, pushed: 6, skipped: 0, dangling: [] });
    expect(acts.slice(0, 2).sort()).toEqual(digests(layer, config).sort());
    expect(acts.slice(2)).toEqual([...digests(image, blobOf('other layer'), other, both), 'tag v1']);
  });

  it('carries referrers and their referrers along when asked, before the tag', async () => {
    const { store, acts } = observed(createMemoryStore());
    await copy(await source(), store, 'v1', { referrers: true });
    expect(acts.slice(-5)).toEqual([
      ...digests(blobOf('signature'), signature, blobOf('stamp'), stamp),
      'tag v1',
    ]);
    expect(await collect(store.referrers(both.descriptor))).toHaveLength(1);
    expect(await collect(store.referrers(signature.descriptor))).toHaveLength(1);
  });

  it('skips what is there', async () => {
    const to = createMemoryStore();
    const from = await source();
    await copy(from, to, 'v1');
    expect(await copy(from, to, 'v1')).toMatchObject({ pushed: 0, skipped: 6, bytes: 0 });
  });

  it.each([
    ['the tag of the reference', 'v1', undefined, ['v1']],
    ['another tag', 'v1', 'v2', ['v2']],
    ['no tag for a digest', both.descriptor.digest, undefined, []],
    ['a tag for a digest', both.descriptor.digest, 'v3', ['v3']],
  ])('gives %s', async (_what, reference, tag, expected) => {
    const to = createMemoryStore();
    await copy(await source(), to, reference, tag === undefined ? {} : { tag });
    expect(await collect(to.tags())).toEqual(expected);
  });

  it('sets no tag when a blob is missing at the source', async () => {
    const from = await source();
    await from.delete(layer.descriptor);
    const to = createMemoryStore();
    await expect(copy(from, to, 'v1')).rejects.toMatchObject({ code: 'not-found' });
    expect(await collect(to.tags())).toEqual([]);
    expect(await to.exists(image.descriptor)).toBe(false);
  });

  it('reports referrers that the source lists and does not have', async () => {
    const from = await source();
    const absent = imageOf(layer, config, { subject: both.descriptor, annotations: { absent: 'yes' } });
    const list = indexOf([absent.descriptor]);
    await pushAll(from, list);
    await from.tag(list.descriptor, both.descriptor.digest.replace(':', '-'));
    const result = await copy(from, createMemoryStore(), 'v1', { referrers: true });
    expect(digests(...result.dangling.map((descriptor) => ({ descriptor })))).toEqual(digests(absent));
  });

  it('copies no referrer whose subject is another manifest', async () => {
    const from = await source();
    const liar = {
      ...observed(from).store,
      referrers: async function* (): AsyncGenerator<Descriptor> {
        yield stamp.descriptor;
      },
    };
    const to = createMemoryStore();
    await copy(liar, to, image.descriptor.digest, { referrers: true });
    expect(await to.exists(stamp.descriptor)).toBe(false);
  });

  it('carries a referrer whose size is listed wrong, and names what is listed and is none', async () => {
    const from = await source();
    const junk = blobOf('junk', 'application/vnd.oci.image.manifest.v1+json');
    const hints = [
      { ...signature.descriptor, size: 7 },
      junk.descriptor,
      { ...stamp.descriptor, mediaType: 'application/json' },
      image.descriptor,
    ];
    const careless = {
      ...observed(from).store,
      resolve: (reference: string) =>
        reference === junk.descriptor.digest
          ? Promise.reject(new OciError('invalid', reference, 'no manifest'))
          : from.resolve(reference),
      referrers: async function* ({ digest }: Descriptor): AsyncGenerator<Descriptor> {
        if (digest === other.descriptor.digest) yield* hints.slice(1);
        if (digest === both.descriptor.digest) yield* hints.slice(0, 1);
      },
    };
    const to = createMemoryStore();
    const { mislisted, dangling } = await copy(careless, to, 'v1', { referrers: true });
    expect(await to.exists(signature.descriptor)).toBe(true);
    expect(mislisted).toEqual(hints.slice(1, 3));
    expect(dangling).toEqual([]);
  });

  it('carries a referrer that only a fallback list names, with a wrong size', async () => {
    const from = createMemoryStore();
    await pushAll(from, layer, config, image);
    const late = imageOf(layer, config, { subject: image.descriptor, artifactType: 'a/late' });
    // As a blob: the index does not list it.
    await from.push({ ...late.descriptor, mediaType: 'application/octet-stream' }, late.bytes);
    const list = indexOf([{ ...late.descriptor, size: 7 }]);
    await pushAll(from, list);
    await from.tag(list.descriptor, image.descriptor.digest.replace(':', '-'));
    const to = createMemoryStore();
    await copy(from, to, image.descriptor.digest, { referrers: true });
    expect(await to.exists(late.descriptor)).toBe(true);
  });

  describe('of what cosign keeps under tags', () => {
    const tagOf = ({ descriptor }: { readonly descriptor: Descriptor }, suffix: string): string =>
      `${descriptor.digest.replace(':', '-')}.${suffix}`;
    const signed = imageOf(blobOf('legacy signature'), config);
    const attested = imageOf(blobOf('legacy attestation'), config);
    const bill = imageOf(blobOf('legacy bill'), config);
    const billSigned = imageOf(blobOf('signature of the bill'), config);
    const tags = [
      [tagOf(both, 'sig'), signed],
      [tagOf(image, 'att'), attested],
      [tagOf(both, 'sbom'), bill],
      [tagOf(bill, 'sig'), billSigned],
    ] as const;

    async function legacy(): Promise<Store> {
      const store = await source();
      await pushAll(
        store,
        ...['legacy signature', 'legacy attestation', 'legacy bill'].map((text) => blobOf(text)),
      );
      await pushAll(store, blobOf('signature of the bill'));
      for (const [tag, content] of tags) {
        await pushAll(store, content);
        await store.tag(content.descriptor, tag);
      }
      return store;
    }

    it('carries all along with the referrers, whatever it is about', async () => {
      const { store, acts } = observed(createMemoryStore());
      await copy(await legacy(), store, 'v1', { referrers: true });
      for (const [tag, { descriptor }] of tags)
        expect(await store.resolve(tag)).toMatchObject({ descriptor });
      expect(acts.at(-1)).toBe('tag v1');
    });

    it('carries none without them', async () => {
      const to = createMemoryStore();
      await copy(await legacy(), to, 'v1');
      expect(await collect(to.tags())).toEqual(['v1']);
    });

    it('moves the tag on when a signature was added', async () => {
      const from = await legacy();
      const to = createMemoryStore();
      await copy(from, to, 'v1', { referrers: true });
      await from.tag(attested.descriptor, tagOf(both, 'sig'));
      await copy(from, to, 'v1', { referrers: true });
      expect(await to.resolve(tagOf(both, 'sig'))).toMatchObject({ descriptor: attested.descriptor });
    });

    it('fails when it cannot be known whether there is any', async () => {
      const from = await legacy();
      const down = {
        ...observed(from).store,
        resolve: async (reference: string) => {
          if (reference.endsWith('.att')) throw new OciError('server-error', reference, 'status 503');
          return from.resolve(reference);
        },
      };
      const to = createMemoryStore();
      await expect(copy(down, to, 'v1', { referrers: true })).rejects.toMatchObject({ code: 'server-error' });
      expect(await collect(to.tags())).not.toContain('v1');
    });
  });

  it('fails when the source cannot say which referrers there are', async () => {
    const from = await source();
    const silent = {
      ...observed(from).store,
      // biome-ignore lint/correctness/useYield: an outage yields nothing
      referrers: async function* (): AsyncGenerator<Descriptor> {
        throw new OciError('server-error', 'referrers', 'status 503');
      },
    };
    const to = createMemoryStore();
    await expect(copy(silent, to, 'v1', { referrers: true })).rejects.toMatchObject({ code: 'server-error' });
    expect(await collect(to.tags())).toEqual([]);
  });

  it('refuses indexes inside each other beyond all measure', async () => {
    const from = createMemoryStore();
    await pushAll(from, layer, config, image);
    let top = image;
    for (let depth = 0; depth < 12; depth += 1) {
      top = indexOf([top.descriptor]);
      await pushAll(from, top);
    }
    await expect(copy(from, createMemoryStore(), top.descriptor.digest)).rejects.toMatchObject({
      code: 'too-large',
    });
  });

  it('ends without layers that need not be distributed', async () => {
    const foreign = blobOf('foreign', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    const windows = imageOf(foreign, config);
    const from = createMemoryStore();
    await pushAll(from, config, windows);
    const to = createMemoryStore();
    await copy(from, to, windows.descriptor.digest);
    expect(await to.exists(windows.descriptor)).toBe(true);
  });

  it('tells of each step, and how far each blob is', async () => {
    const events: CopyEvent[] = [];
    const from = await source();
    const to = createMemoryStore();
    await pushAll(to, config);
    await copy(from, to, image.descriptor.digest, { progress: (event) => events.push(event) });
    expect(events).toContainEqual({ kind: 'skipped', descriptor: config.descriptor });
    expect(events.filter(({ descriptor }) => descriptor.digest === layer.descriptor.digest)).toEqual([
      { kind: 'moving', descriptor: layer.descriptor, bytes: layer.descriptor.size },
      { kind: 'pushed', descriptor: layer.descriptor },
    ]);
    expect(events.at(-1)).toEqual({ kind: 'pushed', descriptor: image.descriptor });
  });

  it.each([1, 2])('moves no more than %i blobs at the same time', async (concurrency) => {
    const from = createMemoryStore();
    const blobs = Array.from({ length: 6 }, (_, at) => blobOf(`blob ${at}`));
    const many = imageOf(layer, config, { layers: blobs.map(({ descriptor }) => descriptor) });
    await pushAll(from, config, ...blobs, many);
    let open = 0;
    let most = 0;
    const slow = {
      ...observed(from).store,
      fetch: async function* (descriptor: Descriptor): AsyncGenerator<Uint8Array> {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 2));
        yield* from.fetch(descriptor);
        open -= 1;
      },
    };
    await copy(slow, createMemoryStore(), many.descriptor.digest, { concurrency });
    expect(most).toBe(concurrency);
  });

  it('mounts where the destination can, and moves no bytes then', async () => {
    const to = createMemoryStore();
    const from = await source();
    const asked: string[] = [];
    const mounting = {
      ...observed(to).store,
      mount: async (descriptor: Descriptor, other: Fetcher): Promise<boolean> => {
        asked.push(descriptor.digest);
        expect(other).toBe(from);
        if (descriptor.digest !== layer.descriptor.digest) return false;
        await to.push(layer.descriptor, layer.bytes);
        return true;
      },
    };
    const result = await copy(from, mounting, image.descriptor.digest);
    expect(asked.sort()).toEqual(digests(layer, config).sort());
    const moved = config.descriptor.size + image.descriptor.size;
    expect(result).toMatchObject({ mounted: 1, pushed: 2, skipped: 0, bytes: moved });
  });

  it.each([
    ['a broken link', new OciError('unreachable', 'blob', 'reset'), 2],
    ['a request that was too long', new OciError('protocol', 'blob', 'no', { details: { status: 416 } }), 2],
    ['a refusal', new OciError('denied', 'blob', 'no', { details: { status: 403 } }), 1],
    ['an order to wait', new OciError('rate-limited', 'blob', 'no', { details: { retryAfterMs: 1 } }), 1],
  ])('after %s the blob is fetched anew only if that may help', async (_what, error, fetches) => {
    const from = observed(await source());
    let count = 0;
    const failing = {
      ...from.store,
      fetch: async function* (descriptor: Descriptor): AsyncGenerator<Uint8Array> {
        if (descriptor.digest === layer.descriptor.digest) count += 1;
        if (descriptor.digest === layer.descriptor.digest && count === 1) throw error;
        yield* from.store.fetch(descriptor);
      },
    };
    const copying = copy(failing, createMemoryStore(), image.descriptor.digest);
    await (fetches === 1 ? expect(copying).rejects.toBe(error) : copying);
    expect(count).toBe(fetches);
  });

  it('goes on where it was cut off', async () => {
    const from = await source();
    const to = createMemoryStore();
    const cut = {
      ...observed(from).store,
      fetch: (descriptor: Descriptor): AsyncIterable<Uint8Array> => {
        if (descriptor.digest !== other.descriptor.digest) return from.fetch(descriptor);
        throw new OciError('unreachable', 'link', 'cut');
      },
    };
    await expect(copy(cut, to, 'v1')).rejects.toMatchObject({ code: 'unreachable' });
    expect(await copy(from, to, 'v1')).toMatchObject({ pushed: 3, skipped: 3 });
  });

  it('stops all transfers when the signal fires', async () => {
    const from = await source();
    const stop = new AbortController();
    const stuck = {
      ...observed(from).store,
      fetch: async function* (): AsyncGenerator<Uint8Array> {
        stop.abort(new Error('stop'));
        await new Promise(() => {});
        yield layer.bytes;
      },
    };
    const to = createMemoryStore();
    await expect(copy(stuck, to, image.descriptor.digest, { signal: stop.signal })).rejects.toThrow('stop');
  });
});
