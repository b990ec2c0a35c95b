import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createChildProcessExec, type TracedBuild } from '../../src/build/index.ts';
import { BuildSite, type Files } from '../fixtures/build-site.ts';
import { findPeer } from '../peers/find.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const object = (kind: string, name: string, more = ''): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n${more}`;

/** Overlay, component and base, with each way to name a patch and what it is for. */
const shop: Files = {
  'base/kustomization.yaml': `resources: [all.yaml]
configMapGenerator: [{name: gen, literals: [a=b]}]
patches:
- target: {kind: Service, name: web}
  patch: '- {op: add, path: /metadata/labels, value: {tier: front}}'
`,
  'base/all.yaml': [object('Service', 'web'), object('Service', 'api'), object('Secret', 'pass')].join(
    '---\n',
  ),
  'part/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- patch: |
    apiVersion: v1
    kind: Service
    metadata: {name: api}
    spec: {sessionAffinity: None}
`,
  'over/kustomization.yaml': `namePrefix: p-
resources: [../base]
components: [../part]
patches:
- path: two.yaml
- path: ../front.json
  target: {kind: Serv.*, labelSelector: tier=front}
- target: {kind: Service, name: gone}
  patch: '- {op: remove, path: /spec}'
patchesStrategicMerge:
- |
  apiVersion: v1
  kind: Secret
  metadata: {name: pass}
  $patch: delete
- one.yaml
patchesJson6902:
- target: {version: v1, kind: Service, name: api}
  path: api.yaml
`,
  'over/one.yaml': object('Service', 'web', 'spec: {type: ClusterIP}\n'),
  'over/two.yaml': `${object('Service', 'api', 'spec: {type: ClusterIP}\n')}---\n${object('ConfigMap', 'gen', 'data: {c: d}\n')}`,
  'over/api.yaml': '- {op: add, path: /spec/x, value: 1}\n',
  'front.json': '[{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}]',
};

function touched({ objects }: TracedBuild): unknown {
  const told = objects.map(({ object: { kind, metadata }, origin }) => {
    return [`${kind} ${metadata.name.replace(/-[0-9a-z]{10}$/, '')}`, origin?.patches];
  });
  return Object.fromEntries(told);
}

const vectors = join(import.meta.dirname, '../../../shared/vectors/manifests');

/** Its files as a tree of their own; `undefined` when they are not there. */
function vector(root: string, paths: readonly string[]): Files | undefined {
  try {
    return Object.fromEntries(paths.map((path) => [path, readFileSync(join(vectors, root, path), 'utf8')]));
  } catch {
    return undefined;
  }
}

describeWithPeers('sealift build --explain', ['kustomize'], () => {
  const asked = { exec: createChildProcessExec(), kustomize: findPeer('kustomize') ?? '' };

  it('names the patches that were applied to an object, in order, by place and file', async () => {
    const patch = { patch: '- {op: add, path: /spec/y, value: 2}', target: { kind: 'Service', name: 'web' } };
    const other = { patch: '- {op: add, path: /data/z, value: z}', target: { kind: 'ConfigMap' } };
    const spec = { path: 'over', patches: [other, patch] };
    const traced = await site.trace(shop, { ...asked, spec });
    expect(touched(traced)).toEqual({
      'ConfigMap p-gen': [
        'over/kustomization.yaml:5 (over/two.yaml)',
        'Kustomization/shop/app spec.patches item 1',
      ],
      'Service p-api': [
        'part/kustomization.yaml:4',
        'over/kustomization.yaml:5 (over/two.yaml)',
        'over/kustomization.yaml:18 (over/api.yaml)',
      ],
      'Service p-web': [
        'base/kustomization.yaml:4',
        'over/kustomization.yaml:6 (front.json)',
        'Kustomization/shop/app spec.patches item 2',
        'over/kustomization.yaml:16 (over/one.yaml)',
      ],
    });
  });

  it('delivers what it delivers without, and tells no more of patches among the transformers', async () => {
    const spec = { path: 'over' };
    const traced = await site.trace(shop, { ...asked, spec });
    const built = await site.build(shop, { ...asked, spec });
    expect(traced.objects.map((one) => one.object)).toEqual(built.objects);
    expect(JSON.stringify(built.objects)).not.toContain('x-sealift');
    const through = new Set(traced.objects.flatMap(({ origin }) => origin?.through));
    expect([...through]).toEqual(['PrefixTransformer of over/kustomization.yaml']);
  });

  it('does not take a patch for the origin where it replaced the annotations that tell it', async () => {
    const traced = await site.trace(shop, { ...asked, spec: { path: 'over' } });
    const web = traced.objects.find(({ object: { metadata } }) => metadata.name === 'p-web');
    expect([web?.origin?.place, web?.place.split(':')[0]]).toEqual([
      undefined,
      'kustomize build of over/kustomization.yaml',
    ]);
  });

  it('names the patches of trees of others', async ({ skip }) => {
    const paths = [
      'base/kustomization.yaml',
      'base/deployment.yaml',
      'base/service.yaml',
      'base/env.startup.txt',
    ];
    const over = ['overlays/production/kustomization.yaml', 'overlays/production/deployment.yaml'];
    const tree = vector('kubernetes-sigs-kustomize/examples/ldap', [...paths, ...over]);
    if (tree === undefined) return skip(`expected trees in ${vectors}`);
    const traced = await site.trace(tree, { ...asked, spec: { path: 'overlays/production' } });
    expect(touched(traced)).toEqual({
      'ConfigMap production-ldap-configmap': [],
      'Service production-ldap-service': [],
      'Deployment production-ldap': [
        'overlays/production/kustomization.yaml:4 (overlays/production/deployment.yaml)',
      ],
    });
  });
});
