import { ownerLabels } from '../../../src/api/index.ts';
import type { KubernetesObject } from '../../../src/core/index.ts';

/** Objects here belong to this delivery. */
export const owner = { name: 'apps', namespace: 'flux-system' };
/** As labels. */
export const ownedBy = { [ownerLabels.name]: owner.name, [ownerLabels.namespace]: owner.namespace };

export function inNamespace(object: KubernetesObject, namespace: string): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

export function deployment(namespace: string): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace, labels: { ...ownedBy, tier: 'web' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'demo' } },
      template: {
        metadata: { labels: { app: 'demo' } },
        spec: { containers: [{ name: 'main', image: 'example.test/app:1', ports: [{ containerPort: 80 }] }] },
      },
    },
  };
}

export function definitionOf(group: string): KubernetesObject {
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gadgets.${group}`, labels: ownedBy },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}
