import { ownerLabels } from '../../api/index.ts';
import type { KubernetesObject, Owner } from '../../core/index.ts';

/** The objects with the labels of their delivery; labels that an artifact brings for them are overridden. */
export function markOwned(objects: readonly KubernetesObject[], owner: Owner): KubernetesObject[] {
  const labels = { [ownerLabels.name]: owner.name, [ownerLabels.namespace]: owner.namespace };
  return objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } },
  }));
}

/** Both labels, or it is nobody's. */
export function isMarkedFor(object: KubernetesObject, owner: Owner): boolean {
  const labels = object.metadata.labels;
  return labels?.[ownerLabels.name] === owner.name && labels[ownerLabels.namespace] === owner.namespace;
}
