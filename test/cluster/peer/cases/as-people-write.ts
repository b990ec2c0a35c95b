import type { FieldCase } from '../field-case.ts';
import { configMap, deployment, here } from './objects.ts';

const group = 'left.example.com';

/** A definition with a certificate to be put in later on: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#configure-customresourcedefinition-to-use-conversion-webhooks */
const withPlaceholder = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `leftovers.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'leftovers', singular: 'leftover', kind: 'Leftover', listKind: 'LeftoverList' },
    conversion: {
      strategy: 'Webhook',
      webhook: {
        clientConfig: { caBundle: 'Cg==', service: { name: 'nobody', namespace: 'default' } },
        conversionReviewVersions: ['v1'],
      },
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** As kubectl prints an object that is not there yet. */
function printed(name: string): object {
  const object = deployment(name, 'example.org/app:1', { ...here, creationTimestamp: null }) as {
    readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
  };
  const { template } = object.spec;
  const metadata = { ...template.metadata, creationTimestamp: null };
  const spec = { ...object.spec, strategy: {}, template: { ...template, metadata } };
  return { ...object, spec, status: {} };
}

/** Objects with what programs leave in them and people forget. */
export const asPeopleWrite: readonly FieldCase[] = [
  {
    name: 'printed',
    tree: { 'objects.yaml': [printed('printed')] },
    deliveries: { printed: {} },
    kinds: ['apps/v1/deployments'],
  },
  {
    name: 'ca-bundle',
    tree: { 'objects.yaml': [withPlaceholder] },
    deliveries: { 'ca-bundle': {} },
    kinds: ['apiextensions.k8s.io/v1/customresourcedefinitions'],
  },
  {
    name: 'no-namespace',
    tree: { 'objects.yaml': [configMap('no-namespace', { a: '1' })] },
    deliveries: { 'no-namespace': {} },
  },
];
