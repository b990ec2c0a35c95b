import type { Kustomization } from '../../api/index.ts';
import { isList, isObject, type JsonObject, type JsonValue } from '../yaml/json-value.ts';

type Spec = Kustomization['spec'];
type Image = Spec['images'][number];

/** The parts of the spec that kustomize has to carry out, by the names of its own file. */
export function transformationsOf(spec: Spec): readonly string[] {
  const asked: readonly (readonly [string, boolean])[] = [
    ['targetNamespace', spec.targetNamespace !== undefined],
    ['namePrefix', spec.namePrefix !== undefined],
    ['nameSuffix', spec.nameSuffix !== undefined],
    ['patches', spec.patches.length > 0],
    ['images', spec.images.length > 0],
    ['components', spec.components.length > 0],
    ['buildMetadata', spec.buildMetadata.length > 0],
  ];
  return asked.filter(([, set]) => set).map(([field]) => `spec.${field}`);
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isList(value) ? value : [];
}

function defined(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const entries = Object.entries(fields).filter(
    (entry): entry is [string, JsonValue] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** Tag and digest are one choice: an override that sets one of them replaces both. */
function mergeImage(existing: JsonObject, image: Image): JsonObject {
  const { newTag, digest, ...rest } = existing;
  const versioned = image.newTag !== undefined || image.digest !== undefined;
  const version = versioned ? { newTag: image.newTag, digest: image.digest } : { newTag, digest };
  return { ...rest, ...defined({ newName: image.newName }), ...defined(version) };
}

function mergeImages(existing: readonly JsonValue[], images: readonly Image[]): readonly JsonValue[] {
  const merged = [...existing];
  for (const image of images) {
    const at = merged.findIndex((item) => isObject(item) && item['name'] === image.name);
    const before = merged[at];
    if (isObject(before)) merged[at] = mergeImage(before, image);
    else merged.push(defined({ ...image }));
  }
  return merged;
}

/** An existing file without resources is given build metadata: kustomize refuses one that asks for nothing. */
function buildMetadataOf(existing: JsonObject, spec: Spec): JsonValue | undefined {
  if (spec.buildMetadata.length > 0) return spec.buildMetadata;
  return listOf(existing['resources']).length === 0 ? ['originAnnotations'] : existing['buildMetadata'];
}

/**
 * The kustomization that is built: the existing one, or one that only lists resources, with the fields of the spec put
 * in. `components` are those of the spec that are to be used.
 */
export function generateKustomization(
  existing: JsonObject,
  spec: Spec,
  components: readonly string[],
): JsonObject {
  const patches = spec.patches.map(({ patch, target }) =>
    defined({ patch, target: target && defined({ ...target }) }),
  );
  const lists = {
    patches: [...listOf(existing['patches']), ...patches],
    components: [...listOf(existing['components']), ...components],
    images: mergeImages(listOf(existing['images']), spec.images),
  };
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0);
  const own = defined({
    namespace: spec.targetNamespace,
    namePrefix: spec.namePrefix,
    nameSuffix: spec.nameSuffix,
    buildMetadata: buildMetadataOf(existing, spec),
  });
  const header = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
  return { ...header, ...existing, ...own, ...Object.fromEntries(filled) };
}
