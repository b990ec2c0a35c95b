import {
  type Descriptor,
  parseManifest,
  type Store,
  type Transfer,
  type UntaggingStore,
} from 'oci-client-ts';
import {
  asRegistryError,
  type DesiredState,
  type FetchedLayer,
  type OciRepository,
  type ResolvedRevision,
} from '../api/index.ts';
import { SealiftError } from '../core/index.ts';
import { chosenLayer } from './chosen-layer.ts';
import { currentTag } from './local-repository.ts';
import type { OpenRepository } from './open-repository.ts';

/** A layer of manifests is small; what is larger than this is a mistake or an attack. Bytes, compressed. */
const maxLayerSize = 256 * 1024 * 1024;

interface FetchRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  readonly resolved: ResolvedRevision;
}

/** Opens the part of the local layout that belongs to one source. */
type OpenLocal = (source: OciRepository) => UntaggingStore;

/** Whether the local layout has the layer, every byte of it: a disk may have lost some. What is damaged is removed. */
async function holdsWhole(local: Store, layer: Descriptor, signal: AbortSignal): Promise<boolean> {
  if (!(await local.exists(layer, { signal }))) return false;
  try {
    for await (const _chunk of local.fetch(layer, { signal }));
    return true;
  } catch {
    signal.throwIfAborted();
    await local.delete(layer, { signal });
    return false;
  }
}

async function fetchLayer(
  open: OpenRepository,
  local: UntaggingStore,
  { source, desired, resolved }: FetchRequest,
  transfer: Required<Pick<Transfer, 'signal' | 'progress'>>,
): Promise<FetchedLayer> {
  const { signal } = transfer;
  const { revision, manifest: descriptor, content } = resolved;
  const manifest = parseManifest(content, descriptor.mediaType);
  const layer = chosenLayer(manifest, source.spec.layerSelector, revision);
  if (layer.size > maxLayerSize) {
    throw new SealiftError(
      'CONTENT_TOO_LARGE',
      revision,
      `expected a layer of at most ${maxLayerSize} bytes, got ${layer.size}`,
    );
  }
  if (!(await holdsWhole(local, layer, signal))) {
    await local.pull(layer, await open(source, desired), transfer);
  }
  await local.push(descriptor, content, { signal, tag: currentTag });
  return { revision, layer, annotations: manifest.annotations ?? {} };
}

/** Brings the chosen layer of an accepted revision into the local layout, so that a restart needs no registry. */
export function createFetchStage(
  open: OpenRepository,
  openLocal: OpenLocal,
): {
  fetch(request: FetchRequest, signal: AbortSignal, progress: (bytes: number) => void): Promise<FetchedLayer>;
} {
  return {
    async fetch(request, signal, progress) {
      try {
        return await fetchLayer(open, openLocal(request.source), request, { signal, progress });
      } catch (thrown) {
        throw asRegistryError(thrown, request.source.spec.url);
      }
    },
  };
}
