import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAll } from './checked-content.ts';
import type { Descriptor } from './descriptor.ts';
import { sha256 } from './digest.ts';
import { OciError } from './errors.ts';
import { fallbackTag } from './fallback-tag.ts';
import type { Store } from './store.ts';

const imageType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export function blobOf(text: string, mediaType = 'application/octet-stream'): Content {
  const bytes = new TextEncoder().encode(text);
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.byteLength } };
}

/** A manifest with one layer; what `extra` adds makes it another one. */
export function imageOf(layer: Content, config: Content, extra: object = {}): Content {
  const body = {
    schemaVersion: 2,
    mediaType: imageType,
    config: config.descriptor,
    layers: [layer.descriptor],
  };
  return blobOf(JSON.stringify({ ...body, ...extra }), imageType);
}

export function indexOf(manifests: readonly Descriptor[], extra: object = {}): Content {
  return blobOf(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests, ...extra }), indexType);
}

export const layer = blobOf('layer content', 'application/vnd.oci.image.layer.v1.tar');
export const config = blobOf('{}', 'application/vnd.oci.empty.v1+json');
export const image = imageOf(layer, config);

export async function pushAll(store: Store, ...contents: readonly Content[]): Promise<void> {
  for (const { descriptor, bytes } of contents) await store.push(descriptor, bytes);
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

const read = (store: Store, { digest, mediaType, size }: Descriptor): Promise<Uint8Array> =>
  readAll(store.fetch({ digest, mediaType, size }), 1024 * 1024, digest);

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof OciError) return error.code;
    throw error;
  }
  return 'no error';
}

export interface StoreFixture {
  readonly store: Store;
  readonly close?: () => Promise<void>;
}

/** What every store promises, registry, layout and memory alike. `open` gives an empty one each time. */
export function describeStore(name: string, open: () => Promise<StoreFixture>): void {
  describe(`${name} as a store`, () => {
    let fixture: StoreFixture;
    let store: Store;
    beforeEach(async () => {
      fixture = await open();
      store = fixture.store;
    });
    afterEach(async () => fixture.close?.());

    describeContent(() => store);
    describeChecks(() => store);
    describeTags(() => store);
    describeReferrers(() => store);
    describeDeletion(() => store);
  });
}

function describeContent(current: () => Store): void {
  it('gives back the bytes of a blob and of a manifest', async () => {
    const store = current();
    await pushAll(store, layer, config, image);
    expect(await read(store, layer.descriptor)).toEqual(layer.bytes);
    expect(await read(store, image.descriptor)).toEqual(image.bytes);
  });

  it('takes content in pieces, and empty content', async () => {
    const store = current();
    const empty = blobOf('');
    await store.push(
      layer.descriptor,
      (async function* () {
        for (const byte of layer.bytes) yield Uint8Array.of(byte);
      })(),
    );
    await pushAll(store, empty);
    expect(await read(store, layer.descriptor)).toEqual(layer.bytes);
    expect(await read(store, empty.descriptor)).toEqual(empty.bytes);
  });

  it('says not-found for a blob, a manifest and a tag that are not there', async () => {
    const store = current();
    await pushAll(store, layer, config, image);
    const absent = blobOf('absent');
    expect(await codeOf(() => read(store, absent.descriptor))).toBe('not-found');
    expect(await codeOf(() => store.resolve(absent.descriptor.digest))).toBe('not-found');
    expect(await codeOf(() => store.resolve('absent'))).toBe('not-found');
  });

  it('knows what exists', async () => {
    const store = current();
    expect(await store.exists(layer.descriptor)).toBe(false);
    expect(await store.exists(image.descriptor)).toBe(false);
    await pushAll(store, layer, config, image);
    expect(await store.exists(layer.descriptor)).toBe(true);
    expect(await store.exists(image.descriptor)).toBe(true);
  });
}

function describeChecks(current: () => Store): void {
  it('refuses content of another digest or size, and keeps none of it', async () => {
    const store = current();
    const { descriptor } = layer;
    const other = new TextEncoder().encode('layer contenT');
    expect(await codeOf(() => store.push(descriptor, other))).toBe('digest-mismatch');
    expect(await codeOf(() => store.push(descriptor, layer.bytes.subarray(1)))).toBe('size-mismatch');
    const longer = new TextEncoder().encode('layer content and more');
    expect(await codeOf(() => store.push(descriptor, longer))).toBe('size-mismatch');
    expect(await store.exists(descriptor)).toBe(false);
  });

  it('checks the size a reader expects', async () => {
    const store = current();
    await pushAll(store, layer);
    const { descriptor } = layer;
    expect(await codeOf(() => read(store, { ...descriptor, size: descriptor.size - 1 }))).toBe(
      'size-mismatch',
    );
    expect(await codeOf(() => read(store, { ...descriptor, size: descriptor.size + 1 }))).toBe(
      'size-mismatch',
    );
  });

  it('takes the same content twice', async () => {
    const store = current();
    await pushAll(store, layer, config, image, layer, config, image);
    expect(await read(store, image.descriptor)).toEqual(image.bytes);
  });

  it('ends at once when the signal has fired', async () => {
    const store = current();
    await pushAll(store, layer, config, image);
    await store.tag(image.descriptor, 'v1');
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(store.resolve('v1', { signal })).rejects.toThrow('stop');
    await expect(collect(store.fetch(layer.descriptor, { signal }))).rejects.toThrow('stop');
    const more = blobOf('more');
    await expect(store.push(more.descriptor, more.bytes, { signal })).rejects.toThrow('stop');
    expect(await store.exists(more.descriptor)).toBe(false);
  });
}

function describeTags(current: () => Store): void {
  it('resolves a tag and a digest to the manifest with its bytes', async () => {
    const store = current();
    await pushAll(store, layer, config, image);
    await store.tag(image.descriptor, 'v1');
    for (const reference of ['v1', image.descriptor.digest]) {
      const found = await store.resolve(reference);
      expect(found).toMatchObject({
        kind: 'resolved',
        descriptor: image.descriptor,
        validator: { digest: image.descriptor.digest },
      });
      expect(found.kind === 'resolved' && Buffer.from(found.content)).toEqual(Buffer.from(image.bytes));
    }
  });

  it('answers unchanged while the tag names the known digest, and the new manifest after it moved', async () => {
    const store = current();
    const next = imageOf(layer, config, { annotations: { step: '2' } });
    await pushAll(store, layer, config, image, next);
    await store.tag(image.descriptor, 'v1');
    const { validator } = await store.resolve('v1');
    expect(await store.resolve('v1', { known: validator })).toMatchObject({ kind: 'unchanged' });
    await store.tag(next.descriptor, 'v1');
    expect(await store.resolve('v1', { known: validator })).toMatchObject({ descriptor: next.descriptor });
    expect(await store.resolve(image.descriptor.digest)).toMatchObject({ kind: 'resolved' });
  });

  it('lists each tag once', async () => {
    const store = current();
    await pushAll(store, layer, config, image);
    for (const tag of ['v2', 'v1', 'latest', 'v1']) await store.tag(image.descriptor, tag);
    expect((await collect(store.tags())).sort()).toEqual(['latest', 'v1', 'v2']);
  });

  it('gives no tag to what is not there, nor a tag that is none', async () => {
    const store = current();
    expect(await codeOf(() => store.tag(image.descriptor, 'v1'))).toBe('not-found');
    await pushAll(store, layer, config, image);
    expect(await codeOf(() => store.tag(image.descriptor, 'no/tag'))).toBe('invalid');
  });
}

function describeReferrers(current: () => Store): void {
  const signature = imageOf(layer, config, {
    artifactType: 'application/example.signature',
    subject: image.descriptor,
    annotations: { by: 'alice' },
  });
  const report = imageOf(layer, blobOf('{}', 'application/example.report'), { subject: image.descriptor });

  it('lists referrers with artifact type and annotations, and none for another digest', async () => {
    const store = current();
    await pushAll(store, layer, config, image, signature, report);
    const found = await collect(store.referrers(image.descriptor));
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({
      ...signature.descriptor,
      artifactType: 'application/example.signature',
      annotations: { by: 'alice' },
    });
    expect(found).toContainEqual({ ...report.descriptor, artifactType: 'application/example.report' });
    expect(await collect(store.referrers(signature.descriptor))).toEqual([]);
  });

  it('filters referrers by artifact type', async () => {
    const store = current();
    await pushAll(store, layer, config, image, signature, report);
    const artifactType = 'application/example.report';
    const found = await collect(store.referrers(image.descriptor, { artifactType }));
    expect(found.map(({ digest }) => digest)).toEqual([report.descriptor.digest]);
  });

  it('takes a referrer before its subject', async () => {
    const store = current();
    await pushAll(store, layer, config, signature);
    expect(await collect(store.referrers(image.descriptor))).toHaveLength(1);
  });

  it('lists what the fallback tag names, each once', async () => {
    const store = current();
    const list = indexOf([{ ...signature.descriptor, artifactType: 'application/example.signature' }]);
    await pushAll(store, layer, config, image, signature, list);
    await store.tag(list.descriptor, fallbackTag(image.descriptor.digest));
    const found = await collect(store.referrers(image.descriptor));
    expect(found.map(({ digest }) => digest)).toEqual([signature.descriptor.digest]);
  });
}

function describeDeletion(current: () => Store): void {
  it('deletes a manifest with its tags, and a blob', async () => {
    const store = current();
    const other = imageOf(layer, config, { annotations: { step: '2' } });
    await pushAll(store, layer, config, image, other);
    await store.tag(image.descriptor, 'v1');
    await store.tag(other.descriptor, 'v2');
    await store.delete(image.descriptor);
    expect(await codeOf(() => store.resolve('v1'))).toBe('not-found');
    expect(await codeOf(() => store.resolve(image.descriptor.digest))).toBe('not-found');
    expect(await collect(store.tags())).toEqual(['v2']);
    await store.delete(layer.descriptor);
    expect(await store.exists(layer.descriptor)).toBe(false);
  });

  it('deletes what is not there', async () => {
    const store = current();
    await store.delete(image.descriptor);
    await store.delete(layer.descriptor);
  });
}
