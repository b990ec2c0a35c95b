import { readAll } from '../checked-content.ts';
import { parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import type { SubjectMemory } from '../indexed-referrers.ts';
import { type BlobShelf, type IndexBook, IndexedStore } from '../indexed-store.ts';
import { type LayoutIndex, listRepositories, parseLayoutIndex } from '../layout-index.ts';
import type { Operation, ReadStore } from '../store.ts';
import { maxIndexBytes } from './index-file.ts';
import { checkMarker, maxMarkerBytes } from './marker.ts';
import { type ByteRange, openRegular, readFileChunks } from './read-file.ts';
import { readTarIndex } from './tar-index.ts';

/** An image layout in a tar, as `skopeo copy docker://… oci-archive:FILE` and `docker save` write it. Read-only. */
export interface LayoutArchive {
  readonly file: string;
  /** As in a layout on disk. All content is compared with its digest when it is read. */
  repository(name?: string): ReadStore;
  /** Repositories that have a tag of their own, sorted. */
  repositories(): readonly string[];
}

type Files = ReadonlyMap<string, ByteRange>;

/**
 * Opens a tar that holds an image layout. The tar is read where it lies: its headers once, content when it is asked for; nothing is
 * unpacked, and no file is held open. @throws OciError `not-found`; `invalid` for a tar that is damaged, or on whose content two readers
 * could disagree; `unsupported` for a compressed one.
 */
export async function openLayoutArchive(file: string, options: Operation = {}): Promise<LayoutArchive> {
  const files = await readFiles(file, options.signal);
  const index = await readIndex(file, files);
  const subjects: SubjectMemory = new Map();
  const blobs = createBlobs(file, files);
  const book: IndexBook = { read: async () => index, update: () => Promise.reject(readOnly(file)) };
  return {
    file,
    repositories: () => listRepositories(index),
    repository: (repository) => new IndexedStore({ blobs, index: book, subjects, repository }),
  };
}

async function readFiles(file: string, signal: AbortSignal | undefined): Promise<Files> {
  const handle = await openRegular(file, file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    if (bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b) {
      throw new OciError('unsupported', file, 'expected a plain tar, got a gzip stream');
    }
    return await readTarIndex(handle, file, signal);
  } finally {
    await handle.close();
  }
}

async function readIndex(file: string, files: Files): Promise<LayoutIndex> {
  checkMarker(await readSmall(file, files, { name: 'oci-layout', limit: maxMarkerBytes }), file);
  const name = 'index.json';
  return parseLayoutIndex(await readSmall(file, files, { name, limit: maxIndexBytes }), `${file} ${name}`);
}

async function readSmall(
  file: string,
  files: Files,
  { name, limit }: { readonly name: string; readonly limit: number },
): Promise<Uint8Array> {
  const range = files.get(name);
  if (range === undefined)
    throw new OciError('invalid', file, `expected an image layout, got a tar without ${name}`);
  return readAll(readFileChunks(file, `${file} ${name}`, range), limit, `${file} ${name}`);
}

function createBlobs(file: string, files: Files): BlobShelf {
  const find = (digest: string): ByteRange | undefined => {
    const { algorithm, encoded } = parseDigest(digest);
    return files.get(`blobs/${algorithm}/${encoded}`);
  };
  const refuse = (): Promise<never> => Promise.reject(readOnly(file));
  return {
    size: async (digest) => {
      const range = find(digest);
      return range === undefined ? undefined : range.end - range.start;
    },
    async *read(digest) {
      const range = find(digest);
      if (range === undefined) throw new OciError('not-found', digest, 'no content of this digest');
      yield* readFileChunks(file, digest, range);
    },
    renew: async (digest) => find(digest) !== undefined,
    write: refuse,
    remove: refuse,
  };
}

function readOnly(file: string): OciError {
  return new OciError('unsupported', file, 'an archive is only read');
}
