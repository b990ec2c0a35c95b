import {
  createMemoryStore,
  type Descriptor,
  type ReadStore,
  readAll,
  type Store,
  sha256,
} from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../../test/fixtures/readable-store.ts';
import { pushArtifact, type SignedContent } from '../../../test/fixtures/signed-artifact.ts';
import { RecordingRepository } from './recording-repository.ts';

const blobType = 'application/octet-stream';
const mebibyte = 1024 * 1024;

let store: Store;
let artifact: SignedContent;
/** Digests that were fetched from the repository itself. */
let fetched: string[];
let recorded: RecordingRepository;

beforeEach(async () => {
  store = createMemoryStore();
  artifact = await pushArtifact(store);
  await store.tag(artifact.descriptor, 'v1');
  fetched = [];
  const from: ReadStore = {
    ...readableStore(store),
    fetch(descriptor, options) {
      fetched.push(descriptor.digest);
      return store.fetch(descriptor, options);
    },
  };
  recorded = new RecordingRepository(from);
});

async function pushBlob(size: number): Promise<Descriptor> {
  const content = Buffer.alloc(size, 'x');
  const descriptor = { mediaType: blobType, digest: sha256(content), size };
  await store.push(descriptor, content);
  return descriptor;
}

const read = (descriptor: Descriptor): Promise<Uint8Array> =>
  readAll(recorded.fetch(descriptor), descriptor.size, 'test');

async function contentOf(descriptor: Descriptor): Promise<Uint8Array> {
  const content = recorded.content(descriptor, {});
  return content instanceof Uint8Array ? content : readAll(content, descriptor.size, 'test');
}

describe('a repository that remembers', () => {
  it('lists manifests, and the tag of those that were found by one', async () => {
    const { descriptor } = artifact;
    await recorded.resolve(descriptor.digest);
    expect(recorded.manifests).toEqual([{ descriptor }]);
    expect(recorded.manifests[0]).not.toHaveProperty('tag');
    await recorded.resolve('v1');
    await read(descriptor);
    expect(recorded.manifests).toEqual([{ descriptor, tag: 'v1' }]);
  });

  it('lists no blob among them', async () => {
    await read(await pushBlob(10));
    expect(recorded.manifests).toEqual([]);
  });

  it('gives what was read without asking again', async () => {
    const blob = await pushBlob(10);
    await read(blob);
    await recorded.resolve('v1');
    fetched = [];
    expect(Buffer.from(await contentOf(blob)).toString()).toBe('x'.repeat(10));
    expect(Buffer.compare(await contentOf(artifact.descriptor), artifact.content)).toBe(0);
    expect(fetched).toEqual([]);
  });

  it('remembers 2 MiB, and asks again for what does not fit', async () => {
    const [first, second, third] = [
      await pushBlob(mebibyte),
      await pushBlob(mebibyte - 1),
      await pushBlob(2),
    ];
    for (const blob of [first, second, third]) await read(blob);
    await recorded.resolve('v1');
    fetched = [];
    for (const descriptor of [first, second, third, artifact.descriptor])
      expect((await contentOf(descriptor)).byteLength).toBe(descriptor.size);
    expect(fetched).toEqual([third.digest, artifact.descriptor.digest]);
  });

  it('passes on that nothing has changed', async () => {
    const { digest } = artifact.descriptor;
    expect(await recorded.resolve('v1', { known: { digest } })).toMatchObject({ kind: 'unchanged' });
    expect(recorded.manifests).toEqual([]);
  });
});
