import {
  type Descriptor,
  formatReference,
  openLayout,
  type Reference,
  RemoteRepository,
  type Store,
  type Transport,
} from 'oci-client-ts';
import { asRegistryError } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { openDockerTransport } from './docker-transport.ts';
import { parseGivenReference } from './given-reference.ts';

/** A manifest that something is put beside, and the way to let go of its repository. */
export interface Signable {
  readonly store: Store;
  readonly manifest: Descriptor;
  /** By digest: the tag that was asked for may move. */
  readonly reference: string;
  close(): Promise<void>;
}

interface OpenStore {
  readonly store: Store;
  readonly transport?: Transport;
}

async function openStore(text: string, reference: Reference, insecure: boolean): Promise<OpenStore> {
  switch (reference.kind) {
    case 'layout':
      return { store: (await openLayout(reference.directory, { missing: 'refuse' })).repository() };
    case 'archive': {
      const detail = 'expected a registry or oci-layout:DIRECTORY, got an archive, which is only read';
      throw new SealiftError('REFERENCE_INVALID', text, detail);
    }
    case 'registry': {
      const { host, repository } = reference;
      const transport = await openDockerTransport(insecure);
      return { store: new RemoteRepository({ host, repository, transport }), transport };
    }
    default:
      return reference satisfies never;
  }
}

/**
 * Finds what is to be signed: `oci://HOST/REPOSITORY:TAG` or `@DIGEST` with the credentials of docker, or an image layout.
 * @throws SealiftError REFERENCE_INVALID and the codes of registries.
 */
export async function openSignable(text: string, insecure: boolean, signal: AbortSignal): Promise<Signable> {
  let transport: Transport | undefined;
  try {
    const { tag, ...reference } = parseGivenReference(text);
    const name = reference.digest ?? tag;
    if (name === undefined) {
      throw new SealiftError(
        'REFERENCE_INVALID',
        text,
        'expected a tag or digest, as in oci://HOST/REPOSITORY:TAG',
      );
    }
    const opened = await openStore(text, reference, insecure);
    transport = opened.transport;
    const resolution = await opened.store.resolve(name, { signal });
    if (resolution.kind !== 'resolved')
      throw new SealiftError('REGISTRY_FAILED', text, 'expected a manifest, got "unchanged"');
    const { descriptor: manifest } = resolution;
    return {
      store: opened.store,
      manifest,
      reference: formatReference({ ...reference, digest: manifest.digest }),
      close: async () => transport?.close(),
    };
  } catch (thrown) {
    await transport?.close();
    signal.throwIfAborted();
    throw asRegistryError(thrown, text);
  }
}
