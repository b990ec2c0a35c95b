import type { Kustomization } from '../../api/index.ts';
import type { KubernetesObject } from '../../core/index.ts';

type CommonMetadata = Kustomization['spec']['commonMetadata'];
type TextMap = Readonly<Record<string, string>>;

function merged(field: string, own: TextMap | undefined, common: TextMap): Readonly<Record<string, TextMap>> {
  return Object.keys(common).length === 0 ? {} : { [field]: { ...own, ...common } };
}

/** Puts the labels and annotations of `spec.commonMetadata` on an object; they win over its own. */
export function withCommonMetadata(object: KubernetesObject, common: CommonMetadata): KubernetesObject {
  const { metadata } = object;
  const labels = merged('labels', metadata.labels, common.labels);
  const annotations = merged('annotations', metadata.annotations, common.annotations);
  return { ...object, metadata: { ...metadata, ...labels, ...annotations } };
}
