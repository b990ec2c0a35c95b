import { beforeEach, expect, it } from 'vitest';
import { sha256 } from './digest.ts';
import { type BlobShelf, type IndexBook, IndexedStore } from './indexed-store.ts';
import { emptyLayoutIndex, type LayoutIndex, listNames } from './layout-index.ts';
import { mediaTypes } from './media-types.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An index that counts how often it is written. */
class CountedBook implements IndexBook {
  current: LayoutIndex = emptyLayoutIndex;
  writes = 0;

  async read(): Promise<LayoutIndex> {
    return this.current;
  }

  async update(change: Parameters<IndexBook['update']>[0]): Promise<void> {
    const { index } = await change(this.current);
    if (index !== this.current) this.writes += 1;
    this.current = index;
  }
}

const blobs: BlobShelf = {
  size: async () => undefined,
  async *read() {},
  write: async () => undefined,
  remove: async () => undefined,
  renew: async () => true,
};

function manifest(revision: string) {
  const config = { mediaType: mediaTypes.ociEmpty, digest: sha256(bytes('{}')), size: 2 };
  const annotations = { revision };
  const content = bytes(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], annotations }),
  );
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: sha256(content), size: content.length };
  return { descriptor, content };
}

let book: CountedBook;
let store: IndexedStore;

beforeEach(() => {
  book = new CountedBook();
  store = new IndexedStore({ blobs, index: book, repository: 'a/b', subjects: new Map() });
});

it('gets a manifest and its tag by one change of the index, and none where both are there', async () => {
  const { descriptor, content } = manifest('1');
  await store.push(descriptor, content, { tag: 'current' });
  expect(listNames(book.current)).toEqual(['a/b:current']);
  await store.push(descriptor, content, { tag: 'current' });
  expect(book.writes).toBe(1);
});

it('moves the tag with the manifest that is pushed, and keeps the other one', async () => {
  const [one, two] = [manifest('1'), manifest('2')];
  await store.push(one.descriptor, one.content, { tag: 'current' });
  await store.push(two.descriptor, two.content, { tag: 'current' });
  expect(book.writes).toBe(2);
  expect(listNames(book.current)).toEqual(['a/b:current']);
  expect(new Set(book.current.entries.map(({ digest }) => digest))).toEqual(
    new Set([one.descriptor.digest, two.descriptor.digest]),
  );
});

it('refuses what is no tag before it writes', async () => {
  const { descriptor, content } = manifest('1');
  await expect(store.push(descriptor, content, { tag: 'a b' })).rejects.toMatchObject({ code: 'invalid' });
  expect(book.writes).toBe(0);
});
