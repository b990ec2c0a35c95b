import type { Descriptor, Manifest } from 'oci-client-ts';
import type { OciRepository } from '../api/index.ts';
import { SealiftError } from '../core/index.ts';

type LayerSelector = OciRepository['spec']['layerSelector'];

function listLayers(layers: readonly Descriptor[]): string {
  return layers.map((layer) => layer.mediaType).join(', ');
}

/**
 * The layer a source delivers: the first of the selector's media type, else the first, as Flux does it.
 * @throws SealiftError LAYER_NOT_FOUND naming the layers that are there, LAYER_UNSUPPORTED for an image index.
 */
export function chosenLayer(manifest: Manifest, selector: LayerSelector, revision: string): Descriptor {
  if (manifest.kind === 'index') {
    throw new SealiftError('LAYER_UNSUPPORTED', revision, 'expected an image manifest, got an image index');
  }
  const { layers } = manifest;
  const wanted = selector.mediaType;
  const layer = wanted === undefined ? layers[0] : layers.find((candidate) => candidate.mediaType === wanted);
  if (layer !== undefined) return layer;
  const detail =
    wanted === undefined
      ? 'no layers found in artifact'
      : `no layer of media type '${wanted}' in artifact; its layers are: ${listLayers(layers) || 'none'}`;
  throw new SealiftError('LAYER_NOT_FOUND', revision, detail);
}
