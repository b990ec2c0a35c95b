import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readAll } from '../checked-content.ts';
import { OciError } from '../errors.ts';
import type { SubjectMemory } from '../indexed-referrers.ts';
import { IndexedStore, type UntaggingStore } from '../indexed-store.ts';
import { listNames, listRepositories } from '../layout-index.ts';
import { isRepositoryName } from '../name-grammar.ts';
import { BlobFiles } from './blob-files.ts';
import { type CollectOptions, type CollectResult, collectGarbage } from './collect-garbage.ts';
import { IndexFile } from './index-file.ts';
import type { LayoutBlobs } from './layout-blobs.ts';
import { defaultLockLimits } from './lock-file.ts';
import { makeDirectory } from './make-directory.ts';
import { checkMarker, markerContent, maxMarkerBytes } from './marker.ts';
import { isAbsence, readFileChunks } from './read-file.ts';
import { TempFile } from './temp-file.ts';

export interface LayoutOptions {
  /** What to do when the directory is missing or empty. Default `create`. */
  readonly missing?: 'create' | 'refuse';
  /** Milliseconds to wait for another process that changes the index. Default 60,000. */
  readonly lockWaitMs?: number;
}

/** An OCI image layout on disk: many repositories over one set of blobs. Safe for many processes at the same time. */
export interface ImageLayout {
  readonly directory: string;
  readonly blobs: LayoutBlobs;
  /**
   * Tags of repository `a/b` are index entries named `a/b:tag`. Bare names, as other tools write them, are tags of the store without a
   * name, and show up in every repository. Manifests and blobs are shared by all.
   */
  repository(name?: string): UntaggingStore;
  /** Repositories that have a tag of their own, sorted. */
  repositories(): Promise<string[]>;
  /** Every name that the index has, as it stands there: `a/b:tag`, or what another tool wrote. */
  names(): Promise<string[]>;
  /** Removes what no name leads to any more, while others read and write. @throws OciError when what is in use cannot be told. */
  collectGarbage(options?: CollectOptions): Promise<CollectResult>;
}

/** A file that grew for a day without being written to belongs to a process that is gone. */
const abandonedMs = 24 * 60 * 60 * 1000;

/**
 * Opens a layout, creating it when it is missing. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * @throws OciError `not-found`; `invalid` for a directory that holds something else; `unsupported` for another version.
 */
export async function openLayout(directory: string, options: LayoutOptions = {}): Promise<ImageLayout> {
  const paths = {
    marker: join(directory, 'oci-layout'),
    blobs: join(directory, 'blobs'),
    index: join(directory, 'index.json'),
    lock: join(directory, 'index.json.lock'),
    incoming: join(directory, '.incoming'),
  };
  const index = new IndexFile(paths, {
    ...defaultLockLimits,
    waitMs: options.lockWaitMs ?? defaultLockLimits.waitMs,
  });
  const marker = await readMarker(paths.marker);
  if (marker === undefined) {
    await checkCreatable(directory, options.missing ?? 'create');
    await createLayout(paths, index);
  } else {
    checkMarker(marker, paths.marker);
  }
  await removeAbandoned(paths.incoming);
  const blobs = new BlobFiles(paths.blobs, paths.incoming);
  const subjects: SubjectMemory = new Map();
  return {
    directory,
    blobs,
    collectGarbage: (collecting) => collectGarbage({ blobs, index }, collecting),
    repositories: async () => listRepositories(await index.read()),
    names: async () => listNames(await index.read()),
    repository: (name) => {
      if (name === undefined) return new IndexedStore({ blobs, index, subjects });
      if (!isRepositoryName(name)) {
        throw new OciError(
          'invalid',
          `repository ${JSON.stringify(name.slice(0, 260))}`,
          'not a repository name',
        );
      }
      return new IndexedStore({ blobs, index, subjects, repository: name });
    },
  };
}

async function readMarker(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readAll(readFileChunks(path, path), maxMarkerBytes, path);
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** What a creation that was cut off may have left, or one that goes on beside this one; the lock may be on its way aside. */
const ownNames = /^(?:blobs|index\.json|index\.json\.lock(?:\.[0-9a-f-]+)?|\.incoming|oci-layout)$/;

async function checkCreatable(directory: string, missing: 'create' | 'refuse'): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
  if (names === undefined || names.length === 0) {
    if (missing === 'create') return;
    throw new OciError('not-found', directory, 'no image layout here');
  }
  if (missing === 'refuse' || !names.every((name) => ownNames.test(name))) {
    throw new OciError('invalid', directory, 'expected an image layout, got a directory without oci-layout');
  }
}

/** The marker comes last: a directory that has it is whole. */
async function createLayout(
  paths: { readonly blobs: string; readonly incoming: string; readonly marker: string },
  index: IndexFile,
): Promise<void> {
  await makeDirectory(join(paths.blobs, 'sha256'));
  await index.create();
  const file = await TempFile.create(paths.incoming);
  try {
    await file.append(new TextEncoder().encode(markerContent));
    await file.moveTo(paths.marker);
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** What killed writers left. On a medium that cannot be written there is nothing of ours. */
async function removeAbandoned(incoming: string): Promise<void> {
  const names = await readdir(incoming).catch(() => []);
  for (const name of names) {
    const path = join(incoming, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandonedMs) {
      await rm(path, { force: true }).catch(() => {});
    }
  }
}
