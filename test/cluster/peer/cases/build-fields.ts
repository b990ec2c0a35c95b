import type { FieldCase } from '../field-case.ts';
import { configMap, deployment, here, namespace } from './objects.ts';

const everything = { resources: ['objects.yaml'] };
const kustomization = (content: object): object => ({
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  ...content,
});
const component = (content: object): object => ({
  apiVersion: 'kustomize.config.k8s.io/v1alpha1',
  kind: 'Component',
  ...content,
});

/** Fields that say what is built out of the artifact. */
export const buildFields: readonly FieldCase[] = [
  {
    name: 'path',
    tree: {
      'apps/a.yaml': [configMap('path-a', { a: '1' }, here)],
      'other/b.yaml': [configMap('path-b', { a: '1' }, here)],
    },
    deliveries: { path: { path: './apps' } },
  },
  {
    name: 'without-path',
    tree: {
      'a/a.yaml': [configMap('without-path-a', { a: '1' }, here)],
      'b.yaml': [configMap('without-path-b', { a: '1' }, here)],
    },
    deliveries: { 'without-path': {} },
  },
  {
    name: 'target-namespace',
    tree: {
      'objects.yaml': [
        configMap('target-namespace-a', { a: '1' }),
        configMap('target-namespace-b', { a: '1' }, { namespace: 'elsewhere' }),
      ],
    },
    deliveries: { 'target-namespace': { targetNamespace: `${namespace}-other` } },
    play: async (side) => {
      await side.arrives();
      await side.specify({ targetNamespace: namespace });
      await side.arrives('changed');
    },
  },
  {
    name: 'name-prefix',
    tree: { 'objects.yaml': [configMap('name-prefix', { a: '1' }, here)] },
    deliveries: { 'name-prefix': { namePrefix: 'before-' } },
    play: async (side) => {
      await side.arrives();
      await side.specify({ namePrefix: 'other-' });
      await side.arrives('changed');
    },
  },
  {
    name: 'name-suffix',
    tree: { 'objects.yaml': [configMap('name-suffix', { a: '1' }, here)] },
    deliveries: { 'name-suffix': { nameSuffix: '-after' } },
  },
  {
    name: 'common-metadata',
    tree: {
      'objects.yaml': [
        deployment('common-metadata', 'example.org/app:1', {
          ...here,
          labels: { own: 'yes', tier: 'own' },
        }),
        configMap('common-metadata', { a: '1' }, { ...here, annotations: { note: 'own' } }),
      ],
    },
    kinds: ['v1/configmaps', 'apps/v1/deployments'],
    deliveries: {
      'common-metadata': {
        commonMetadata: {
          labels: { tier: 'front', part: 'of' },
          annotations: { note: 'common', more: 'x' },
        },
      },
    },
    play: async (side) => {
      await side.arrives();
      await side.specify({ commonMetadata: { labels: { tier: 'back' } } });
      await side.arrives('changed');
      await side.specify({ commonMetadata: undefined });
      await side.arrives('removed');
    },
  },
  {
    name: 'patches',
    tree: {
      'objects.yaml': [
        deployment('patches', 'example.org/app:1', { ...here, labels: { tier: 'front' } }),
        configMap('patches-a', { a: '1', b: '2' }, here),
        configMap('patches-b', { a: '1' }, { ...here, annotations: { pick: 'me' } }),
        configMap('patches-gone', { a: '1' }, here),
      ],
    },
    kinds: ['v1/configmaps', 'apps/v1/deployments'],
    deliveries: {
      patches: {
        patches: [
          {
            patch: `{apiVersion: v1, kind: ConfigMap, metadata: {name: patches-a, namespace: ${namespace}}, data: {a: '2', b: null}}`,
          },
          {
            patch: `{apiVersion: v1, kind: ConfigMap, metadata: {name: any}, data: {c: '3'}}`,
            target: { kind: 'ConfigMap', name: 'patches-[ab]' },
          },
          {
            patch: '- {op: add, path: /data/d, value: "4"}',
            target: { version: 'v1', annotationSelector: 'pick=me' },
          },
          {
            patch:
              '- {op: replace, path: /spec/template/spec/containers/0/image, value: "example.org/app:2"}',
            target: { group: 'apps', kind: 'Deployment', labelSelector: 'tier=front', namespace },
          },
          {
            patch: `{$patch: delete, apiVersion: v1, kind: ConfigMap, metadata: {name: patches-gone, namespace: ${namespace}}}`,
          },
        ],
      },
    },
  },
  {
    name: 'images',
    tree: {
      'objects.yaml': [
        deployment('images-a', 'example.org/a:1', here),
        deployment('images-b', 'example.org/b:1', here),
        deployment('images-c', 'example.org/c:1', here),
      ],
    },
    kinds: ['apps/v1/deployments'],
    deliveries: {
      images: {
        images: [
          { name: 'example.org/a', newTag: '2' },
          { name: 'example.org/b', newName: 'mirror.example.org/b' },
          { name: 'example.org/c', digest: `sha256:${'0'.repeat(64)}` },
        ],
      },
    },
    play: async (side) => {
      await side.arrives();
      await side.specify({ images: [{ name: 'example.org/a', newTag: '3' }] });
      await side.arrives('changed');
    },
  },
  {
    name: 'generators',
    tree: {
      'kustomization.yaml': [
        kustomization({
          namespace: 'elsewhere',
          labels: [{ pairs: { tier: 'front' }, includeSelectors: true, includeTemplates: true }],
          configMapGenerator: [{ name: 'generators', literals: ['a=1'] }],
          secretGenerator: [{ name: 'generators', literals: ['a=1'], type: 'Opaque' }],
          replicas: [{ name: 'generators', count: 0 }],
          ...everything,
        }),
      ],
      'objects.yaml': [
        {
          ...deployment('generators', 'example.org/app:1'),
          metadata: { name: 'generators', annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Override' } },
        },
      ],
    },
    kinds: ['v1/configmaps', 'v1/secrets', 'apps/v1/deployments'],
    deliveries: { generators: { targetNamespace: namespace, commonMetadata: { labels: { common: 'yes' } } } },
  },
  {
    name: 'list',
    tree: {
      'objects.yaml': [
        {
          apiVersion: 'v1',
          kind: 'List',
          items: [configMap('list-a', { a: '1' }, here), configMap('list-b', { a: '1' }, here)],
        },
      ],
    },
    deliveries: { list: {} },
  },
  {
    name: 'components',
    tree: {
      'app/kustomization.yaml': [kustomization(everything)],
      'app/objects.yaml': [configMap('components', { a: '1' }, here)],
      'parts/one/kustomization.yaml': [
        component({
          patches: [{ patch: '- {op: add, path: /data/one, value: "1"}', target: { kind: 'ConfigMap' } }],
        }),
      ],
      'parts/two/kustomization.yaml': [component({ resources: ['two.yaml'] })],
      'parts/two/two.yaml': [configMap('components-two', { a: '1' }, here)],
    },
    deliveries: { components: { path: './app', components: ['../parts/one', '../parts/two'] } },
  },
  {
    name: 'missing-components',
    tree: {
      'app/kustomization.yaml': [kustomization(everything)],
      'app/objects.yaml': [configMap('missing-components', { a: '1' }, here)],
    },
    deliveries: {
      'missing-components': { path: './app', components: ['../parts/none'], ignoreMissingComponents: true },
    },
  },
  {
    name: 'build-metadata',
    tree: {
      'base/kustomization.yaml': [kustomization({ ...everything, nameSuffix: '-x' })],
      'base/objects.yaml': [configMap('build-metadata', { a: '1' }, here)],
      'app/kustomization.yaml': [kustomization({ resources: ['../base'], commonAnnotations: { a: 'b' } })],
    },
    deliveries: {
      'build-metadata': { path: './app', buildMetadata: ['originAnnotations', 'transformerAnnotations'] },
    },
  },
];
