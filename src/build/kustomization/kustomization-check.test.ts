import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite, FakeExec } from '../../../test/fixtures/build-site.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const object = 'apiVersion: v1\nkind: X\nmetadata:\n  name: a\n';
const base = { 'a.yaml': object, 'kustomization.yaml': 'resources: [a.yaml]\n' };

describe('what a kustomization may not lead to', () => {
  const remote = 'is remote; nothing is fetched during a build';
  const outside = 'leads out of the artifact';

  it.each([
    [
      'a URL',
      'resources: [https://example.org/a.yaml]',
      `kustomization.yaml:1: resources: https://example.org/a.yaml ${remote}`,
    ],
    ['a repository', 'resources: [a.yaml, "github.com/o/r//d?ref=v1"]', remote],
    [
      'a repository over ssh',
      'resources:\n- a.yaml\n- git@example.org:o/r\n',
      `kustomization.yaml:3: resources: git@example.org:o/r ${remote}`,
    ],
    ['a forced protocol', 'resources: ["git::https://example.org/o/r"]', remote],
    ['a local repository', 'bases: ["file:///srv/repo"]', remote],
    ['a remote component', 'components: ["https://example.org/o/r"]', remote],
    [
      'a patch from a URL',
      'patches: [{path: "http://example.org/p.yaml"}]',
      `patches: http://example.org/p.yaml ${remote}`,
    ],
    ['a way out', 'resources: [../../etc/passwd]', `resources: ../../etc/passwd ${outside}`],
    ['a way out through the tree', 'resources: [d/../../a.yaml]', outside],
    ['an absolute path', 'resources: [/etc/passwd]', outside],
    [
      'a file to make a ConfigMap of',
      'configMapGenerator: [{name: a, files: [k=/etc/passwd]}]',
      `configMapGenerator: /etc/passwd ${outside}`,
    ],
    ['a file to make a Secret of', 'secretGenerator: [{name: a, envs: [../.env]}]', outside],
    ['the old name of envs', 'secretGenerator: [{name: a, env: ../.env}]', outside],
    [
      'field names that differ by case, which kustomize takes',
      'configMapGenerator: [{name: a, Files: [/etc/passwd]}]',
      outside,
    ],
    ['a path behind an alias', 'configMapGenerator:\n- &x {name: a, files: [/etc/passwd]}\n- *x', outside],
    ['a path behind a merge key', 'configMapGenerator:\n- <<: {files: [/etc/passwd]}\n  name: a', outside],
    ['a schema', 'openapi: {path: ../schema.json}', outside],
    ['definitions', 'crds: [../crd.json]', outside],
    ['a configuration', 'configurations: [../c.yaml]', outside],
    ['replacements', 'replacements: [{path: ../r.yaml}]', outside],
    ['an old patch', 'patchesStrategicMerge: [../p.yaml]', outside],
    ['an old patch that only looks inline', 'patchesStrategicMerge: ["http://example.org/{a}"]', remote],
    ['an old patch that is a map of a URL', 'patchesStrategicMerge: ["http://example.org/{a}: b"]', remote],
    ['an old JSON patch', 'patchesJson6902: [{path: ../p.yaml, target: {kind: X}}]', outside],
    ['a file that is not there', 'resources: [b.yaml]', 'resources: b.yaml is not in the artifact'],
    ['a directory where a file is asked for', 'patches: [{path: d}]', 'd is a directory, not a file'],
    ['charts', 'helmCharts: [{name: a}]', 'kustomization.yaml:1: helmCharts is not supported'],
    [
      'chart settings',
      'resources: [a.yaml]\nhelmGlobals: {}',
      'kustomization.yaml:2: helmGlobals is not supported',
    ],
    [
      'an unknown field',
      'resources: [a.yaml]\n\nresourcez: [b.yaml]\n',
      'kustomization.yaml:3: unknown field "resourcez"',
    ],
    ['a field that differs by case', 'Resources: [a.yaml]', 'unknown field "Resources"'],
    [
      'an unknown field of an image',
      'resources: [a.yaml]\nimages:\n- name: x\n  newName: y\n- nam: x\n',
      'kustomization.yaml:5: unknown field "nam" in images',
    ],
    [
      'an unknown field of a patch',
      'patches: [{pth: a.yaml}]',
      'kustomization.yaml:1: unknown field "pth" in patches',
    ],
    [
      'an unknown field of a target',
      'patches:\n- path: a.yaml\n  target:\n    knd: X\n',
      'kustomization.yaml:4: unknown field "knd" in patches.target',
    ],
    [
      'an unknown field of a ConfigMap generator',
      'configMapGenerator: [{name: b, fils: [a.yaml]}]',
      'unknown field "fils" in configMapGenerator',
    ],
    [
      'an unknown field of a Secret generator',
      'secretGenerator:\n- name: b\n  options: {imutable: true}\n',
      'kustomization.yaml:3: unknown field "imutable" in secretGenerator.options',
    ],
    [
      'an unknown field of a replacement',
      'replacements:\n- source: {kind: X}\n  targets:\n  - select: {kind: X}\n    feldPaths: [a]\n',
      'kustomization.yaml:5: unknown field "feldPaths" in replacements.targets',
    ],
    [
      'an unknown field of labels',
      'labels: [{pairs: {a: b}, includeSelector: true}]',
      'unknown field "includeSelector" in labels',
    ],
    [
      'an unknown field behind an alias',
      'images:\n- &x\n  nam: x\n- *x\n',
      'kustomization.yaml:3: unknown field "nam" in images',
    ],
    [
      'one object where a list is asked for',
      'images: {name: x}',
      'kustomization.yaml:1: images: expected a list',
    ],
    [
      'text where an object is asked for',
      'patches:\n- a.yaml\n',
      'kustomization.yaml:2: patches: expected a map',
    ],
    ['a merged field', '<<: {resources: [a.yaml], foo: 1}', 'unknown field "foo"'],
    ['two documents', 'resources: [a.yaml]\n---\nresources: [a.yaml]\n', 'expected one document, got 2'],
    ['a document before it', '---\n---\nresources: [a.yaml]\n', 'expected one document, got 2'],
    ['a list', '- a.yaml\n', 'expected a map, got other YAML'],
    [
      'a generator that is a program',
      'generators: [g.yaml]',
      'g.yaml:1 (document 1): expected a builtin plugin',
    ],
    [
      'a generator in place',
      'generators:\n- |\n  apiVersion: example.org/v1\n  kind: G\n  metadata: {name: g}\n',
      'expected a builtin plugin',
    ],
    [
      'a transformer that is a function',
      'transformers: [f.yaml]',
      'expected a builtin plugin, got a function',
    ],
    [
      'a validator that is a container',
      'validators: ["{apiVersion: v1, kind: V, metadata: {name: v, annotations: {config.kubernetes.io/function: x}}}"]',
      'expected a builtin plugin',
    ],
    [
      'a chart by plugin',
      'generators: ["{apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: h}}"]',
      'charts are not rendered',
    ],
    [
      'a builtin plugin that reads elsewhere',
      'transformers: ["{apiVersion: builtin, kind: PatchTransformer, metadata: {name: p}, path: ../p.yaml}"]',
      outside,
    ],
    [
      'plugins in a directory that changes them',
      'transformers: [plugins]',
      'plugins/kustomization.yaml:2: patches is not supported in a directory of plugin',
    ],
    [
      'plugins in a directory that are programs',
      'transformers: [programs]',
      'g.yaml:1 (document 1): expected a builtin plugin',
    ],
    ['a way out of a base', 'resources: [d]', `d/kustomization.yaml:1: resources: ../../b.yaml ${outside}`],
    ['a typo in a component', 'components: [c]', 'c/kustomization.yml:2: unknown field "patchez"'],
  ])('%s', async (_what, kustomization, message) => {
    const exec = new FakeExec(object);
    const error = await site.failure(
      {
        'a.yaml': object,
        'kustomization.yaml': kustomization,
        'd/kustomization.yaml': 'resources: [../../b.yaml]',
        'c/kustomization.yml': 'kind: Component\npatchez: []',
        'g.yaml': 'apiVersion: example.org/v1\nkind: G\nmetadata: {name: g}\n',
        'f.yaml':
          'apiVersion: builtin\nkind: G\nmetadata: {name: g, annotations: {config.k8s.io/function: x}}\n',
        'plugins/kustomization.yaml': 'resources: []\npatches: []\n',
        'programs/kustomization.yaml': 'resources: [../g.yaml]\n',
      },
      { exec },
    );
    expect(error.code).toBe('KUSTOMIZE_FAILED');
    expect(error.message).toContain(message);
    expect(exec.requests).toEqual([]);
    expect(site.leftovers()).toEqual([]);
  });

  it('a link inside the artifact', async () => {
    mkdirSync(join(site.root, 'real'));
    symlinkSync('/etc', join(site.root, 'etc'));
    const error = await site.failure(
      { ...base, 'kustomization.yaml': 'resources: [etc/passwd]' },
      { exec: new FakeExec('') },
    );
    expect(error.message).toContain('resources: etc/passwd is a link or a special file');
  });

  it('components of the spec that are remote or missing', async () => {
    for (const [component, message] of [
      ['https://example.org/c', 'is remote'],
      ['../c', 'leads out of the artifact'],
      ['c', 'is not in the artifact'],
    ] as const) {
      const error = await site.failure(base, { exec: new FakeExec(''), spec: { components: [component] } });
      expect(error.code).toBe('KUSTOMIZE_FAILED');
      expect(error.message).toContain('Kustomization/shop/app spec.components: components: ');
      expect(error.message).toContain(message);
    }
  });

  it.each([
    ['patches in place', 'patchesStrategicMerge: ["{apiVersion: v1, kind: X, metadata: {name: a}}"]'],
    ['builtin plugins', 'transformers: [p.yaml]'],
    ['builtin plugins in a directory', 'transformers: [p]'],
    [
      'paths of fields',
      'transformers: ["{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: p}, fieldSpecs: [{path: metadata/name}]}"]',
    ],
    ['a directory above inside the artifact', 'configMapGenerator: [{name: a, files: [d/../a.yaml]}]'],
    [
      'names that are free',
      'commonLabels: {any: thing}\nlabels: [{pairs: {any: thing}}]\nopenapi: {any: thing}',
    ],
    ['fields without a value', 'images:\npatches: ~\nconfigMapGenerator: [{name: a, options: }]'],
    ['a base twice', 'resources: [b, b/../b]'],
  ])('but %s are fine', async (_what, kustomization) => {
    const exec = new FakeExec(object);
    const plugin = '{apiVersion: builtin, kind: PatchTransformer, metadata: {name: p}, path: a.yaml}\n';
    await site.build(
      {
        'a.yaml': object,
        'kustomization.yaml': kustomization,
        'p.yaml': plugin,
        'p/kustomization.yaml': 'resources: [p.yaml]',
        'p/p.yaml': plugin,
        'b/kustomization.yaml': 'resources: [a.yaml]',
        'b/a.yaml': object,
      },
      { exec },
    );
    expect(exec.requests).toHaveLength(1);
  });
});
