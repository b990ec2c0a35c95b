import { abortable } from './abortable.ts';
import { checkedContent, readAll } from './checked-content.ts';
import { OciError } from './errors.ts';
import { type BlobShelf, type IndexBook, IndexedStore, type UntaggingStore } from './indexed-store.ts';
import { emptyLayoutIndex } from './layout-index.ts';
import { serialQueue } from './serial-queue.ts';

/** One repository in memory, empty at first. */
export function createMemoryStore(): UntaggingStore {
  return new IndexedStore({ blobs: createMemoryBlobs(), index: createMemoryIndex(), subjects: new Map() });
}

function createMemoryBlobs(): BlobShelf {
  const blobs = new Map<string, Uint8Array>();
  return {
    size: async (digest) => blobs.get(digest)?.byteLength,
    async *read(digest) {
      const content = blobs.get(digest);
      if (content === undefined) throw new OciError('not-found', digest, 'no content of this digest');
      yield content.slice();
    },
    async write(descriptor, content, signal) {
      if (blobs.has(descriptor.digest)) return;
      const source = abortable(checkedContent(content, descriptor), signal);
      blobs.set(descriptor.digest, await readAll(source, descriptor.size, descriptor.digest));
    },
    remove: async (digest) => {
      blobs.delete(digest);
    },
    renew: async (digest) => blobs.has(digest),
  };
}

function createMemoryIndex(): IndexBook {
  const queue = serialQueue();
  let current = emptyLayoutIndex;
  return {
    read: async () => current,
    update: (change, signal) =>
      queue(async () => {
        signal?.throwIfAborted();
        const { index, after } = await change(current);
        current = index;
        await after?.();
      }),
  };
}
