import { openLayout, RemoteRepository, type Store } from 'oci-client-ts';
import { asRegistryError } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { openDockerTransport } from './docker-transport.ts';
import { parseGivenReference } from './given-reference.ts';

/** A repository to publish to, the tag there, and the way to let go of it. */
export interface PublisherStore {
  readonly store: Store;
  readonly tag: string;
  close(): Promise<void>;
}

function requireTag(reference: string, tag: string | undefined): string {
  if (tag !== undefined) return tag;
  throw new SealiftError(
    'REFERENCE_INVALID',
    reference,
    'expected a tag to push to, as in oci://HOST/REPOSITORY:TAG',
  );
}

/**
 * Opens what `sealift push` writes to: `oci://HOST/REPOSITORY:TAG` with the credentials of docker, or `oci-layout:DIRECTORY:TAG`.
 * @throws SealiftError REFERENCE_INVALID and the codes of registries.
 */
export async function openPublisherStore(text: string, insecure: boolean): Promise<PublisherStore> {
  try {
    const reference = parseGivenReference(text);
    const tag = requireTag(text, reference.tag);
    if (reference.digest !== undefined) {
      throw new SealiftError('REFERENCE_INVALID', text, 'expected a tag to push to, got a digest');
    }
    if (reference.kind === 'layout') {
      const layout = await openLayout(reference.directory);
      return { store: layout.repository(), tag, close: async () => undefined };
    }
    if (reference.kind === 'archive') {
      throw new SealiftError(
        'REFERENCE_INVALID',
        text,
        'expected a registry or oci-layout:DIRECTORY to push to, got an archive, which is only read',
      );
    }
    const transport = await openDockerTransport(insecure);
    const { host, repository } = reference;
    const store = new RemoteRepository({ host, repository, transport });
    return { store, tag, close: () => transport.close() };
  } catch (thrown) {
    throw asRegistryError(thrown, text);
  }
}
