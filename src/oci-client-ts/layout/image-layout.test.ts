import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHasher, type ImageLayout, openLayout } from '../index.ts';
import {
  blobOf,
  collect,
  config,
  describeStore,
  image,
  imageOf,
  indexOf,
  layer,
  pushAll,
} from '../store-contract.ts';

async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'oci-layout-'));
}

for (const repository of [undefined, 'a/b']) {
  describeStore(`layout (repository ${repository ?? 'without name'})`, async () => {
    const directory = await temporaryDirectory();
    const layout = await openLayout(join(directory, 'layout'));
    const remove = (): Promise<void> => rm(directory, { recursive: true });
    return { store: layout.repository(repository), close: remove };
  });
}

describe('openLayout', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(async () => rm(directory, { recursive: true }));

  const json = async (...path: string[]): Promise<unknown> =>
    JSON.parse(await readFile(join(directory, ...path), 'utf8'));
  const path = (digest: string): string => join(directory, 'blobs', ...digest.split(':'));
  const open = (): Promise<ImageLayout> => openLayout(directory);
  const writeMarker = (content: string): Promise<void> => writeFile(join(directory, 'oci-layout'), content);

  it('creates what an image layout must have', async () => {
    await openLayout(join(directory, 'deep', 'er'));
    expect(await json('deep', 'er', 'oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
    expect(await json('deep', 'er', 'index.json')).toMatchObject({ schemaVersion: 2, manifests: [] });
    expect(await readdir(join(directory, 'deep', 'er', 'blobs'))).toEqual(['sha256']);
  });

  it('creates nothing when told so', async () => {
    const absent = join(directory, 'absent');
    await expect(openLayout(absent, { missing: 'refuse' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(readdir(absent)).rejects.toThrow('ENOENT');
  });

  it('leaves a directory of other files alone', async () => {
    await writeFile(join(directory, 'letter.txt'), 'dear');
    await expect(open()).rejects.toMatchObject({ code: 'invalid' });
    expect(await readdir(directory)).toEqual(['letter.txt']);
  });

  it('is created once by many at the same time', async () => {
    for (const round of [0, 1, 2, 3, 4]) {
      const layouts = await Promise.all(
        Array.from({ length: 6 }, () => openLayout(join(directory, `${round}`))),
      );
      for (const layout of layouts) expect(await layout.repositories()).toEqual([]);
    }
  });

  it('completes a creation that was cut off', async () => {
    await mkdir(join(directory, 'blobs'));
    await open();
    expect(await json('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
  });

  it.each([
    ['another version', '{"imageLayoutVersion":"2.0.0"}', 'unsupported'],
    ['no version', '{}', 'unsupported'],
    ['null', 'null', 'unsupported'],
    ['no JSON', 'oci', 'invalid'],
  ])('refuses a marker with %s', async (_what, content, code) => {
    await writeMarker(content);
    await expect(open()).rejects.toMatchObject({ code });
  });

  it.each([
    ['no JSON', '{"schemaVersion":2,"manif'],
    ['no object', '[]'],
    ['another schema', '{"schemaVersion":1}'],
    ['manifests that are no list', '{"schemaVersion":2,"manifests":{}}'],
    [
      'an entry without size',
      `{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"${layer.descriptor.digest}"}]}`,
    ],
  ])('reads no index with %s as an empty one', async (_what, content) => {
    const layout = await open();
    await writeFile(join(directory, 'index.json'), content);
    await expect(collect(layout.repository().tags())).rejects.toMatchObject({ code: 'invalid' });
    await expect(layout.repository().tag(image.descriptor, 'v1')).rejects.toMatchObject({ code: 'invalid' });
    expect(await readFile(join(directory, 'index.json'), 'utf8')).toBe(content);
  });

  it('refuses to answer when index.json is gone: that does not mean that nothing is there', async () => {
    const layout = await open();
    await rm(join(directory, 'index.json'));
    const store = layout.repository();
    await expect(collect(store.tags())).rejects.toMatchObject({ code: 'invalid' });
    await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'invalid' });
    await expect(collect(store.referrers(image.descriptor))).rejects.toMatchObject({ code: 'invalid' });
  });

  it('keeps repositories apart, and shows bare tags in all of them', async () => {
    const layout = await open();
    const next = imageOf(layer, config, { annotations: { step: '2' } });
    const bare = layout.repository();
    await pushAll(bare, layer, config, image, next);
    await layout.repository('a/b').tag(image.descriptor, 'v1');
    await layout.repository('c').tag(next.descriptor, 'v1');
    expect(await layout.repositories()).toEqual(['a/b', 'c']);
    expect(await layout.names()).toContain('c:v1');
    await expect(layout.repository('d').resolve('v1')).rejects.toMatchObject({ code: 'not-found' });
    await expect(collect(layout.repository('d').tags())).rejects.toMatchObject({ code: 'not-found' });
    expect(await collect(bare.tags())).toEqual([]);
    await bare.tag(next.descriptor, 'base');
    await bare.tag(next.descriptor, 'v1');
    expect(await collect(layout.repository('a/b').tags())).toEqual(['base', 'v1']);
    expect(await collect(layout.repository('d').tags())).toEqual(['base', 'v1']);
    expect(await layout.repository('a/b').resolve('v1')).toMatchObject({ descriptor: image.descriptor });
    expect(await layout.repository('d').resolve('v1')).toMatchObject({ descriptor: next.descriptor });
  });

  it.each(['', 'A', 'a//b', '../a', 'a/', '/a', 'a:b', 'a'.repeat(256)])(
    'refuses the repository name %j',
    async (name) => {
      const layout = await open();
      expect(() => layout.repository(name)).toThrow('not a repository name');
    },
  );

  it('keeps what another repository still names when one deletes it', async () => {
    const layout = await open();
    const [one, two] = [layout.repository('one'), layout.repository('two')];
    await pushAll(one, layer, config, image);
    await one.tag(image.descriptor, 'v1');
    await two.tag(image.descriptor, 'v1');
    await one.delete(image.descriptor);
    await expect(one.resolve('v1')).rejects.toMatchObject({ code: 'not-found' });
    expect(await two.resolve('v1')).toMatchObject({ descriptor: image.descriptor });
  });

  it('lists pushed manifests in index.json with type and size, and names them by tag', async () => {
    const layout = await open();
    const store = layout.repository('a/b');
    const signature = imageOf(layer, config, {
      artifactType: 'application/example',
      subject: image.descriptor,
    });
    await pushAll(store, layer, config, image, signature);
    await store.tag(image.descriptor, 'v1');
    expect(await json('index.json')).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        { ...signature.descriptor, artifactType: 'application/example' },
        { ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'a/b:v1' } },
      ],
    });
  });

  it('takes a tag away and keeps the manifest', async () => {
    const store = (await open()).repository('a/b');
    await pushAll(store, layer, config, image);
    await store.tag(image.descriptor, 'v1');
    expect(await store.untag('v1')).toBe(true);
    expect(await store.untag('v1')).toBe(false);
    await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'not-found' });
    expect(await store.resolve(image.descriptor.digest)).toMatchObject({ descriptor: image.descriptor });
  });

  it('finds the manifests of an index that another tool listed alone', async () => {
    const layout = await open();
    const store = layout.repository();
    const both = indexOf([image.descriptor]);
    await pushAll(store, layer, config, image, both);
    const entry = { ...both.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'v1' } };
    await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    expect(await store.resolve('v1')).toMatchObject({ descriptor: both.descriptor });
    expect(await store.resolve(image.descriptor.digest)).toMatchObject({ descriptor: image.descriptor });
    await expect(store.resolve(layer.descriptor.digest)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('resolves names of other tools as they stand', async () => {
    const layout = await open();
    await pushAll(layout.repository(), layer, config, image);
    const name = 'registry.example:5000/app:v1';
    const entry = { ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': name } };
    await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    expect(await layout.repository().resolve(name)).toMatchObject({ descriptor: image.descriptor });
  });

  it('notices rotten content when it is read, and heals it when it is pushed again', async () => {
    const store = (await open()).repository();
    await pushAll(store, layer, config, image);
    await writeFile(path(layer.descriptor.digest), 'layer conteNt');
    await expect(collect(store.fetch(layer.descriptor))).rejects.toMatchObject({ code: 'digest-mismatch' });
    await pushAll(store, layer);
    expect(Buffer.concat(await collect(store.fetch(layer.descriptor)))).toEqual(Buffer.from(layer.bytes));
    await writeFile(path(image.descriptor.digest), 'short');
    await expect(store.resolve(image.descriptor.digest)).rejects.toMatchObject({ code: 'size-mismatch' });
    await expect(collect(store.referrers(layer.descriptor))).rejects.toMatchObject({ code: 'size-mismatch' });
  });

  it('shows a referrer that the fallback tag lists and nobody stored', async () => {
    const store = (await open()).repository();
    const absent = imageOf(layer, config, { subject: image.descriptor });
    const list = indexOf([absent.descriptor]);
    await pushAll(store, layer, config, image, list);
    await store.tag(list.descriptor, image.descriptor.digest.replace(':', '-'));
    expect(await collect(store.referrers(image.descriptor))).toEqual([absent.descriptor]);
  });

  it('takes a subject for no list, when a registry gave it its own fallback tag', async () => {
    const store = (await open()).repository();
    const subject = indexOf([image.descriptor]);
    await pushAll(store, subject);
    await store.tag(subject.descriptor, subject.descriptor.digest.replace(':', '-'));
    expect(await collect(store.referrers(subject.descriptor))).toEqual([]);
  });

  it('still lists a referrer whose tag moved on', async () => {
    const store = (await open()).repository();
    const signature = imageOf(layer, config, { subject: image.descriptor });
    await pushAll(store, layer, config, image, signature);
    await store.tag(signature.descriptor, 'signature');
    await store.tag(image.descriptor, 'signature');
    expect(await collect(store.referrers(image.descriptor))).toHaveLength(1);
    await store.tag(signature.descriptor, 'signature');
    await store.untag('signature');
    expect(await collect(store.referrers(image.descriptor))).toHaveLength(1);
  });

  it('does not count a manifest as there before the index lists it: its referrers would be lost', async () => {
    const layout = await open();
    const store = layout.repository();
    await pushAll(store, layer, config);
    const incoming = await layout.blobs.receive();
    await incoming.append(image.bytes);
    await incoming.accept(image.descriptor.digest);
    expect(await store.exists(image.descriptor)).toBe(false);
    await pushAll(store, image);
    expect(await store.exists(image.descriptor)).toBe(true);
  });

  it('sees each change of another process, also when time and size tell nothing', async () => {
    const store = (await open()).repository();
    const named = (tag: string): string =>
      JSON.stringify({
        schemaVersion: 2,
        manifests: [{ ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': tag } }],
      });
    for (let at = 10; at < 60; at += 1) {
      writeFileSync(join(directory, 'index.json'), named(`v${at}`));
      expect(await collect(store.tags())).toEqual([`v${at}`]);
    }
  });

  it('removes what grew unfinished and was left for days, and nothing younger', async () => {
    await open();
    const incoming = join(directory, '.incoming');
    await writeFile(join(incoming, 'young'), '');
    await writeFile(join(incoming, 'old'), '');
    await utimes(join(incoming, 'old'), 0, 0);
    await open();
    expect(await readdir(incoming)).toEqual(['young']);
  });

  it('leaves nothing unfinished behind when a push fails', async () => {
    const store = (await open()).repository();
    const cut = async function* (): AsyncGenerator<Uint8Array> {
      yield layer.bytes.subarray(0, 4);
      throw new Error('cut');
    };
    await expect(store.push(layer.descriptor, cut())).rejects.toThrow('cut');
    expect(await readdir(join(directory, '.incoming'))).toEqual([]);
    expect(await readdir(join(directory, 'blobs', 'sha256'))).toEqual([]);
  });

  it('ends a push whose source is stuck when the signal fires', async () => {
    const store = (await open()).repository();
    const stuck = async function* (): AsyncGenerator<Uint8Array> {
      yield layer.bytes.subarray(0, 4);
      await new Promise(() => {});
    };
    const stop = new AbortController();
    const push = store.push(layer.descriptor, stuck(), { signal: stop.signal });
    stop.abort(new Error('stop'));
    await expect(push).rejects.toThrow('stop');
    expect(await readdir(join(directory, '.incoming'))).toEqual([]);
  });

  it('changes the index from many callers and many openings without losing one', async () => {
    const stores = await Promise.all([0, 1, 2].map(async () => (await open()).repository()));
    await pushAll(stores[0]!, layer, config, image);
    const tags = Array.from({ length: 30 }, (_, at) => `v${at}`);
    await Promise.all(tags.map((tag, at) => stores[at % 3]!.tag(image.descriptor, tag)));
    expect(await collect(stores[0]!.tags())).toEqual(tags.toSorted());
  });

  it('takes over the lock of a process that is gone, and waits for a living one only so long', async () => {
    const layout = await openLayout(directory, { lockWaitMs: 100 });
    const store = layout.repository();
    await pushAll(store, layer, config, image);
    const lock = join(directory, 'index.json.lock');
    await writeFile(lock, JSON.stringify({ token: 'other', pid: 1, place: 'elsewhere' }));
    await expect(store.tag(image.descriptor, 'v1')).rejects.toMatchObject({ code: 'timeout', subject: lock });
    await utimes(lock, 0, 0);
    await store.tag(image.descriptor, 'v1');
    expect(await collect(store.tags())).toEqual(['v1']);
    expect((await readdir(directory)).filter((name) => name.includes('lock'))).toEqual([]);
  });

  it('stores under sha512 as well', async () => {
    const store = (await open()).repository();
    const hasher = createHasher('sha512');
    hasher.update(layer.bytes);
    const descriptor = { ...layer.descriptor, digest: hasher.digest() };
    await store.push(descriptor, layer.bytes);
    expect(Buffer.concat(await collect(store.fetch(descriptor)))).toEqual(Buffer.from(layer.bytes));
    const blake = { ...blobOf('x').descriptor, digest: `blake3:${'a'.repeat(64)}` };
    await expect(store.push(blake, layer.bytes)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
