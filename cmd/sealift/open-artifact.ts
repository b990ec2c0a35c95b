import {
  type Descriptor,
  formatReference,
  openLayout,
  openLayoutArchive,
  type ReadStore,
  type Reference,
  RemoteRepository,
  type Store,
} from 'oci-client-ts';
import { asRegistryError } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { openDockerTransport } from './docker-transport.ts';
import { parseGivenReference } from './given-reference.ts';

/** What a reference names now, its repository, and the way to let go of it. */
export interface OpenArtifact<S extends ReadStore = ReadStore> {
  readonly store: S;
  readonly manifest: Descriptor;
  /** The manifest's bytes. */
  readonly content: Uint8Array;
  /** Of the repository alone. */
  readonly url: string;
  /** By digest: the tag that was asked for may move. */
  readonly reference: string;
  /** As it was asked for. */
  readonly tag?: string;
  close(): Promise<void>;
}

interface OpenStore<S extends ReadStore> {
  readonly store: S;
  close(): Promise<void>;
}

const nothingToClose = async (): Promise<void> => undefined;

async function openWritable(reference: Reference, insecure: boolean): Promise<OpenStore<Store>> {
  switch (reference.kind) {
    case 'layout': {
      const layout = await openLayout(reference.directory, { missing: 'refuse' });
      return { store: layout.repository(), close: nothingToClose };
    }
    case 'archive':
      throw new SealiftError(
        'REFERENCE_INVALID',
        reference.file,
        'expected a registry or oci-layout:DIRECTORY, got an archive, which is only read',
      );
    case 'registry': {
      const { host, repository } = reference;
      const transport = await openDockerTransport(insecure);
      return {
        store: new RemoteRepository({ host, repository, transport }),
        close: () => transport.close(),
      };
    }
    default:
      return reference satisfies never;
  }
}

async function openReadable(reference: Reference, insecure: boolean): Promise<OpenStore<ReadStore>> {
  if (reference.kind !== 'archive') return openWritable(reference, insecure);
  return { store: (await openLayoutArchive(reference.file)).repository(), close: nothingToClose };
}

interface Named extends Omit<OpenArtifact, 'store' | 'close'> {}

async function resolveNamed(
  store: ReadStore,
  { tag, digest, ...repository }: Reference,
  signal: AbortSignal,
): Promise<Named> {
  const resolution = await store.resolve(digest ?? tag ?? '', { signal });
  if (resolution.kind !== 'resolved') throw new RangeError('unchanged, though nothing was known');
  const { descriptor: manifest, content } = resolution;
  return {
    manifest,
    content,
    url: formatReference(repository),
    reference: formatReference({ ...repository, digest: manifest.digest }),
    ...(tag === undefined ? {} : { tag }),
  };
}

async function open<S extends ReadStore>(
  text: string,
  openStore: (reference: Reference) => Promise<OpenStore<S>>,
  signal: AbortSignal,
): Promise<OpenArtifact<S>> {
  let opened: OpenStore<S> | undefined;
  try {
    const reference = parseGivenReference(text);
    if (reference.tag === undefined && reference.digest === undefined) {
      const detail = 'expected a tag or digest, as in oci://HOST/REPOSITORY:TAG';
      throw new SealiftError('REFERENCE_INVALID', text, detail);
    }
    opened = await openStore(reference);
    return { ...(await resolveNamed(opened.store, reference, signal)), ...opened };
  } catch (thrown) {
    await opened?.close();
    signal.throwIfAborted();
    throw asRegistryError(thrown, text);
  }
}

/**
 * Finds an artifact that is only read: in a registry, with the credentials of docker, in an image layout or in one in a tar.
 * @throws SealiftError REFERENCE_INVALID and the codes of registries.
 */
export function openArtifact(text: string, insecure: boolean, signal: AbortSignal): Promise<OpenArtifact> {
  return open(text, (reference) => openReadable(reference, insecure), signal);
}

/** Finds an artifact that something is put beside; an archive is none. @throws as `openArtifact`. */
export function openSignable(
  text: string,
  insecure: boolean,
  signal: AbortSignal,
): Promise<OpenArtifact<Store>> {
  return open(text, (reference) => openWritable(reference, insecure), signal);
}
