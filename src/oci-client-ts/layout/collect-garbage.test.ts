import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CollectOptions,
  copy,
  createMemoryStore,
  type Descriptor,
  type ImageLayout,
  openLayout,
  type ReadStore,
  sha256,
} from '../index.ts';
import { blobOf, type Content, config, image, imageOf, indexOf, layer, pushAll } from '../store-contract.ts';

const hour = 60 * 60 * 1000;
const later = { now: () => Date.now() + 2 * hour };

describe('collectGarbage', () => {
  let directory: string;
  let layout: ImageLayout;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'oci-collect-'));
    layout = await openLayout(directory);
  });
  afterEach(async () => rm(directory, { recursive: true }));

  const path = ({ descriptor }: Content): string => join(directory, 'blobs', ...descriptor.digest.split(':'));
  const isThere = async (content: Content): Promise<boolean> =>
    (await layout.blobs.size(content.descriptor.digest)) !== undefined;
  const there = async (...contents: Content[]): Promise<boolean[]> =>
    Promise.all(contents.map((content) => isThere(content)));
  const removeUntagged: CollectOptions = { clock: later, untagged: 'remove' };
  const store = () => layout.repository('a/b');

  it('removes content that nothing names, and tells how much', async () => {
    const lost = blobOf('lost');
    await pushAll(store(), layer, config, image, lost);
    const result = await layout.collectGarbage({ clock: later });
    expect(result).toEqual({ entries: 0, files: 1, bytes: 4, waiting: 0 });
    expect(await there(lost, layer, config, image)).toEqual([false, true, true, true]);
  });

  it('leaves what was written within the grace, and says that it waits', async () => {
    const fresh = blobOf('fresh');
    await pushAll(store(), fresh);
    expect(await layout.collectGarbage()).toMatchObject({ files: 0, waiting: 1 });
    expect(await layout.collectGarbage({ graceMs: 0 })).toMatchObject({ files: 1, waiting: 0 });
  });

  it.each([
    ['pushed again', async (blob: Content) => store().push(blob.descriptor, blob.bytes)],
    ['found to be there', async (blob: Content) => void (await store().exists(blob.descriptor))],
  ])('counts the grace anew for content that was %s', async (_how, ask) => {
    const blob = blobOf('old');
    await pushAll(store(), blob);
    await utimes(path(blob), 1, 1);
    await ask(blob);
    expect(await layout.collectGarbage()).toMatchObject({ files: 0, waiting: 1 });
  });

  it('lets content from a clock that was wrong grow old as well', async () => {
    const blob = blobOf('from the future');
    await pushAll(store(), blob);
    const future = (Date.now() + 1000 * hour) / 1000;
    await utimes(path(blob), future, future);
    expect(await layout.collectGarbage()).toMatchObject({ files: 1 });
  });

  it('counts the grace from the moment content got its name', async () => {
    const blob = blobOf('slow');
    const incoming = await layout.blobs.receive();
    await incoming.append(blob.bytes);
    const [name = ''] = await readdir(join(directory, '.incoming'));
    await utimes(join(directory, '.incoming', name), 1, 1);
    await incoming.accept(blob.descriptor.digest);
    expect(await layout.collectGarbage()).toMatchObject({ files: 0, waiting: 1 });
  });

  it('keeps untagged manifests unless told otherwise', async () => {
    await pushAll(store(), layer, config, image);
    expect(await layout.collectGarbage({ clock: later })).toMatchObject({ files: 0, entries: 0 });
    expect(await layout.collectGarbage(removeUntagged)).toMatchObject({ files: 3, entries: 1 });
  });

  it('leaves an untagged manifest within the grace, with all it names', async () => {
    await pushAll(store(), layer, config, image);
    await utimes(path(layer), 1, 1);
    expect(await layout.collectGarbage({ untagged: 'remove' })).toMatchObject({ files: 0, waiting: 1 });
    expect(await there(layer, image)).toEqual([true, true]);
  });

  it('keeps children, referrers and their referrers of what is tagged', async () => {
    const signature = imageOf(blobOf('signature'), config, { subject: image.descriptor });
    const report = imageOf(blobOf('report'), config, { subject: signature.descriptor });
    const index = indexOf([image.descriptor]);
    const stranger = imageOf(blobOf('stranger'), config, { subject: blobOf('gone').descriptor });
    const contents = [layer, config, image, index, signature, report];
    await pushAll(store(), ...contents, blobOf('signature'), blobOf('report'), stranger);
    await store().tag(index.descriptor, 'v1');
    expect(await layout.collectGarbage(removeUntagged)).toMatchObject({ files: 1, entries: 1 });
    expect(await there(...contents, stranger)).toEqual([...contents.map(() => true), false]);
    expect(await there(blobOf('signature'), blobOf('report'))).toEqual([true, true]);
  });

  it('keeps what a fallback tag lists', async () => {
    const signature = imageOf(blobOf('signature'), config, { subject: image.descriptor });
    const list = indexOf([signature.descriptor]);
    await pushAll(store(), layer, config, image, blobOf('signature'), signature, list);
    await store().tag(list.descriptor, image.descriptor.digest.replace(':', '-'));
    await layout.collectGarbage(removeUntagged);
    expect(await there(list, signature, blobOf('signature'), image)).toEqual([true, true, true, false]);
  });

  it('keeps what is pinned, with all it names', async () => {
    await pushAll(store(), layer, config, image);
    const pinned = new Set([image.descriptor.digest]);
    expect(await layout.collectGarbage({ ...removeUntagged, pinned })).toMatchObject({ files: 0 });
  });

  it('keeps what a manifest of an unknown kind names', async () => {
    const body = { mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs: [layer.descriptor] };
    const artifact = blobOf(JSON.stringify(body), body.mediaType);
    await pushAll(store(), layer, artifact);
    const index = { schemaVersion: 2, manifests: [artifact.descriptor] };
    await writeFile(join(directory, 'index.json'), JSON.stringify(index));
    expect(await layout.collectGarbage({ clock: later })).toMatchObject({ files: 0 });
  });

  it('takes a large layer whose type speaks of manifests for a layer', async () => {
    const large = blobOf('x'.repeat(4 * 1024 * 1024 + 1), 'application/vnd.acme.kubernetes-manifests.v1.tar');
    const holder = imageOf(large, config);
    await pushAll(store(), large, config, holder, blobOf('lost'));
    await store().tag(holder.descriptor, 'v1');
    expect(await layout.collectGarbage({ clock: later })).toMatchObject({ files: 1 });
    expect(await there(large, holder)).toEqual([true, true]);
  });

  it('takes nothing from a copy for good that lasts longer than the grace', async () => {
    const second = imageOf(blobOf('second'), config);
    const both = indexOf([image.descriptor, second.descriptor]);
    const from = createMemoryStore();
    await pushAll(from, layer, config, image, blobOf('second'), second, both);
    await from.tag(both.descriptor, 'v1');
    const isLate = ({ digest }: Descriptor): boolean => digest === second.descriptor.digest;
    const slow: ReadStore = {
      resolve: (reference, options) => from.resolve(reference, options),
      exists: (descriptor, options) => from.exists(descriptor, options),
      tags: (options) => from.tags(options),
      referrers: (subject, options) => from.referrers(subject, options),
      fetch: async function* (descriptor, options) {
        if (isLate(descriptor)) await layout.collectGarbage({ clock: later, untagged: 'remove' });
        yield* from.fetch(descriptor, options);
      },
    };
    await copy(slow, store(), 'v1');
    expect(await there(layer, config, image, blobOf('second'), second, both)).not.toContain(false);
  });

  it('removes nothing when a manifest in use is rotten', async () => {
    const lost = blobOf('lost');
    await pushAll(store(), layer, config, image, lost);
    await store().tag(image.descriptor, 'v1');
    await writeFile(path(image), 'rotten');
    await expect(layout.collectGarbage(removeUntagged)).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(await there(lost, layer)).toEqual([true, true]);
  });

  it('removes a rotten manifest that nothing names', async () => {
    await pushAll(store(), layer, config, image);
    await writeFile(path(image), 'rotten');
    expect(await layout.collectGarbage(removeUntagged)).toMatchObject({ files: 3, entries: 1 });
  });

  it('leaves strange files alone, and removes unfinished ones that nobody continues', async () => {
    await writeFile(join(directory, 'blobs', 'sha256', 'readme.txt'), 'hello');
    const incoming = await layout.blobs.receive();
    await incoming.append(new Uint8Array(10));
    expect(await layout.collectGarbage()).toMatchObject({ files: 0, waiting: 1 });
    expect(await layout.collectGarbage({ clock: later })).toMatchObject({ files: 1, bytes: 10 });
    expect((await stat(join(directory, 'blobs', 'sha256', 'readme.txt'))).isFile()).toBe(true);
    await incoming.discard();
  });

  it('stops when it is told to', async () => {
    await pushAll(store(), blobOf('lost'));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(layout.collectGarbage({ clock: later, signal })).rejects.toThrow('enough');
    expect(await isThere(blobOf('lost'))).toBe(true);
  });
});

describe('collectGarbage beside writers', () => {
  const names = ['one', 'two', 'three'];
  const contentOf = (name: string): { readonly image: Content; readonly all: readonly Content[] } => {
    const own = blobOf(`layer of ${name}`);
    // Shared by all: one writer finds it there while another lets go of it.
    const pushed = imageOf(own, blobOf('shared config'));
    return { image: pushed, all: [own, blobOf('shared config'), pushed] };
  };
  type Step = 'publish' | 'refer' | 'untag' | 'collect';
  const step = fc.record({
    act: fc.constantFrom<Step>('publish', 'publish', 'refer', 'untag', 'collect'),
    name: fc.constantFrom(...names),
    tag: fc.constantFrom('v1', 'v2'),
  });

  /** Grace of files in these tests: longer than a step of a writer takes, shorter than the test. */
  const graceMs = 5_000;

  async function perform(
    layout: ImageLayout,
    { act, name, tag }: typeof step extends fc.Arbitrary<infer S> ? S : never,
  ): Promise<void> {
    const store = layout.repository('a');
    const { image: own, all } = contentOf(name);
    switch (act) {
      case 'publish':
        for (const { descriptor, bytes } of all)
          if (!(await store.exists(descriptor))) await store.push(descriptor, bytes);
        return store.tag(own.descriptor, tag);
      case 'refer':
        return pushAll(
          store,
          blobOf(name),
          imageOf(blobOf(name), config, { subject: own.descriptor }),
          config,
        );
      case 'untag':
        return void (await store.untag(tag));
      case 'collect':
        return void (await layout.collectGarbage({ graceMs, untagged: 'remove' }));
    }
  }

  /** As if all that lies there had been written long ago. */
  async function age(directory: string): Promise<void> {
    const blobs = join(directory, 'blobs', 'sha256');
    for (const name of await readdir(blobs)) await utimes(join(blobs, name), 1, 1);
  }

  async function expectWhole(layout: ImageLayout): Promise<void> {
    const store = layout.repository('a');
    const tags: string[] = [];
    for await (const tag of store.tags()) tags.push(tag);
    for (const tag of tags) {
      const found = await store.resolve(tag);
      if (found.kind !== 'resolved') throw new Error('nothing was known');
      const { layers, config: own } = JSON.parse(Buffer.from(found.content).toString());
      for (const descriptor of [...layers, own]) expect(await store.exists(descriptor)).toBe(true);
      for await (const referrer of store.referrers(found.descriptor))
        expect(await store.exists(referrer)).toBe(true);
    }
  }

  it('never loses what is tagged, and leaves nothing else in the end', { timeout: 120_000 }, async () => {
    const history = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(history, async (writers) => {
        const directory = await mkdtemp(join(tmpdir(), 'oci-collect-'));
        try {
          const keeper = await openLayout(directory);
          await keeper.repository('a').push(layer.descriptor, layer.bytes);
          for (const name of names) await pushAll(keeper.repository('a'), ...contentOf(name).all);
          await keeper.repository('a').tag(contentOf('one').image.descriptor, 'last');
          await age(directory);
          await Promise.all(
            writers.map(async (steps) => {
              const layout = await openLayout(directory);
              for (const each of steps) await perform(layout, each);
            }),
          );
          await expectWhole(keeper);
          await keeper.collectGarbage({ graceMs: 0, untagged: 'remove' });
          await expectWhole(keeper);
          expect(await unreached(keeper, directory)).toEqual([]);
        } finally {
          await rm(directory, { recursive: true });
        }
      }),
      { numRuns: 20 },
    );
  });

  /** Files that a plain walk from the tags does not meet. */
  async function unreached(layout: ImageLayout, directory: string): Promise<readonly string[]> {
    const store = layout.repository('a');
    const files = new Set(await readdir(join(directory, 'blobs', 'sha256')));
    for await (const tag of store.tags()) {
      const found = await store.resolve(tag);
      if (found.kind !== 'resolved') throw new Error('nothing was known');
      const met = [found.content];
      for await (const referrer of store.referrers(found.descriptor)) {
        const resolved = await store.resolve(referrer.digest);
        if (resolved.kind === 'resolved') met.push(resolved.content);
      }
      for (const content of met) {
        const { layers, config: own } = JSON.parse(Buffer.from(content).toString());
        for (const { digest } of [...layers, own, { digest: sha256(content) }]) files.delete(digest.slice(7));
      }
    }
    return [...files];
  }
});
