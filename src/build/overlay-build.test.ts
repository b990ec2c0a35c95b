import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite, FakeExec, type Files, failed, printed } from '../../test/fixtures/build-site.ts';
import { sweepBuilds } from './index.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const object = 'apiVersion: v1\nkind: X\nmetadata:\n  name: a\n';
const base = { 'a.yaml': object, 'kustomization.yaml': 'resources: [a.yaml]\n' };

/** The kustomization that kustomize gets to see. */
async function generated(files: Files, spec: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const exec = new FakeExec(object);
  await site.build(files, { exec, spec });
  return exec.kustomizations[0];
}

const header = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };

describe('the kustomization that is built', () => {
  it('is the one that is there, under its own name', async () => {
    for (const name of ['kustomization.yaml', 'kustomization.yml', 'Kustomization']) {
      const exec = new FakeExec(object);
      await site.build(
        { [`${name}.d/${name}`]: 'resources: [a.yaml]\nnamePrefix: x-\n', [`${name}.d/a.yaml`]: object },
        { exec, spec: { path: `${name}.d` } },
      );
      expect(exec.kustomizations).toEqual([{ ...header, resources: ['a.yaml'], namePrefix: 'x-' }]);
    }
  });

  it('may be followed by empty documents, as kustomize takes it', async () => {
    const files = { 'kustomization.yaml': 'resources: [a.yaml]\n---\n# end\n', 'a.yaml': object };
    expect(await generated(files)).toEqual({ ...header, resources: ['a.yaml'] });
  });

  it('is made where there is none: files, and directories with one of their own', async () => {
    const files = {
      'd/b.yaml': object,
      'd/c/d.yml': object,
      'd/e/kustomization.yml': 'resources: [f.yaml]',
      'd/e/f.yaml': object,
      'd/e/g/kustomization.yaml': '',
      'd/h/i/Kustomization': 'resources: []',
      'd/notes.txt': '',
    };
    expect(await generated(files, { path: './d' })).toEqual({
      ...header,
      resources: ['./b.yaml', './c/d.yml', './e', './h/i'],
    });
  });

  it('is made for plain YAML when the delivery asks for a transformation', async () => {
    expect(await generated({ 'a.yaml': object }, { targetNamespace: 'shop' })).toEqual({
      ...header,
      namespace: 'shop',
      resources: ['./a.yaml'],
    });
  });

  it('carries what the spec asks for', async () => {
    const existing = [
      'resources: [a.yaml]',
      'namespace: own',
      'namePrefix: own-',
      'patches: [{patch: own}]',
      'components: [one]',
      'images:',
      '- {name: both, newName: own, newTag: "1", digest: sha256:1}',
      '- {name: kept, newTag: "1"}',
      'buildMetadata: [managedByLabel]',
    ];
    const files = {
      ...base,
      'kustomization.yaml': existing.join('\n'),
      'one/kustomization.yaml': 'kind: Component',
      'two/kustomization.yaml': 'kind: Component',
    };
    const spec = {
      targetNamespace: 'shop',
      namePrefix: 'pre-',
      nameSuffix: '-post',
      patches: [{ patch: 'new', target: { kind: 'X', labelSelector: 'a=b' } }, { patch: 'last' }],
      components: ['two'],
      images: [
        { name: 'both', newTag: '2' },
        { name: 'new', newName: 'n', digest: 'sha256:2' },
      ],
      buildMetadata: ['originAnnotations'],
    };
    expect(await generated(files, spec)).toEqual({
      ...header,
      resources: ['a.yaml'],
      namespace: 'shop',
      namePrefix: 'pre-',
      nameSuffix: '-post',
      patches: [
        { patch: 'own' },
        { patch: 'new', target: { kind: 'X', labelSelector: 'a=b' } },
        { patch: 'last' },
      ],
      components: ['one', 'two'],
      images: [
        { name: 'both', newName: 'own', newTag: '2' },
        { name: 'kept', newTag: '1' },
        { name: 'new', newName: 'n', digest: 'sha256:2' },
      ],
      buildMetadata: ['originAnnotations'],
    });
  });

  it('keeps tag and digest of an image when only its name is overridden', async () => {
    const files = {
      ...base,
      'kustomization.yaml': 'resources: [a.yaml]\nimages: [{name: a, newTag: "1", digest: sha256:1}]',
    };
    expect(await generated(files, { images: [{ name: 'a', newName: 'b' }] })).toMatchObject({
      images: [{ name: 'a', newName: 'b', newTag: '1', digest: 'sha256:1' }],
    });
  });

  it('asks for origin annotations where it names no resources, as Flux does', async () => {
    expect(await generated({ 'kustomization.yaml': '# nothing\n' })).toEqual({
      ...header,
      buildMetadata: ['originAnnotations'],
    });
  });

  it('leaves out components that are missing where the delivery allows it', async () => {
    const spec = { components: ['nowhere', '../gone'], ignoreMissingComponents: true, path: 'd' };
    expect(
      await generated({ 'd/a.yaml': object, 'd/kustomization.yaml': 'resources: [a.yaml]' }, spec),
    ).not.toHaveProperty('components');
  });

  it('is built in a private copy, by arguments that hold no more than a directory', async () => {
    const exec = new FakeExec((request) => {
      expect(readFileSync(join(request.directory, 'd/a.yaml'), 'utf8')).toBe(object);
      expect(existsSync(join(request.directory, 'link'))).toBe(false);
      return printed(object);
    });
    site.write({ 'd/a.yaml': object, 'd/kustomization.yaml': 'resources: [a.yaml]\n' });
    chmodSync(join(site.root, 'd/kustomization.yaml'), 0o444);
    symlinkSync('/etc', join(site.root, 'link'));
    await site.build({}, { exec, spec: { path: 'd' } });
    const [request] = exec.requests;
    const copy = request?.directory ?? '';
    expect(request?.args).toEqual(['build', '--load-restrictor', 'LoadRestrictionsNone', join(copy, 'd')]);
    expect(copy.startsWith(site.root)).toBe(false);
    expect(readFileSync(join(site.root, 'd/kustomization.yaml'), 'utf8')).toBe('resources: [a.yaml]\n');
  });
});

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

describe('kustomize', () => {
  it.each([
    ['its own kustomization', { 'kustomization.yaml': '' }, {}, 'kustomization.yaml'],
    ['a kustomization below', { 'd/e/Kustomization': '' }, {}, 'd/e/Kustomization'],
    ['what the spec asks for', { 'a.yaml': object }, { namePrefix: 'x' }, 'spec.namePrefix'],
  ])('is needed for %s, and missed by name', async (_what, files: Files, spec, subject) => {
    const error = await site.failure(files, { spec });
    expect(error).toMatchObject({ code: 'KUSTOMIZE_NOT_FOUND', subject });
  });

  it('is not looked for elsewhere when the path that was named is no program', async () => {
    const error = await site.failure(base, {
      exec: new FakeExec(''),
      kustomize: join(site.root, 'kustomize'),
    });
    expect(error).toMatchObject({ code: 'KUSTOMIZE_NOT_FOUND', subject: join(site.root, 'kustomize') });
  });

  it('prints objects that are read by the rules of what is printed', async () => {
    const { objects, warnings } = await site.build(base, {
      exec: new FakeExec(() =>
        printed(
          `${object}v: "yes"\nw: 1.8446744073709552e+19\nx: 0o8\n`,
          "# Warning: 'vars' is deprecated.\n",
        ),
      ),
    });
    expect(objects).toEqual([
      { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, v: 'yes', w: 2 ** 64, x: '0o8' },
    ]);
    expect(warnings).toEqual(["kustomize: Warning: 'vars' is deprecated."]);
  });

  it('prints objects that are judged like any other', async () => {
    const error = await site.failure(base, { exec: new FakeExec('kind: X\nmetadata:\n  name: a\n') });
    expect(error).toMatchObject({ code: 'OBJECT_INVALID' });
    expect(error.message).toContain(
      'kustomize build of kustomization.yaml:1 (document 1): expected an apiVersion',
    );
  });

  it('may print nothing: that is an empty build', async () => {
    expect(await site.failure(base, { exec: new FakeExec('') })).toMatchObject({ code: 'BUILD_EMPTY' });
  });

  it.each([
    [
      'fails',
      () => failed('Error: no matches for Id X.v1.[noGrp]/b\nmore\n'),
      'kustomization.yaml: no matches for Id X.v1.[noGrp]/b',
    ],
    ['fails after warnings', () => failed('# Warning: old\nError: broken\n'), 'kustomization.yaml: broken'],
    ['fails without a word', () => failed(''), 'kustomize could not read a patch or an object'],
    [
      'takes too long',
      () => ({ kind: 'too-slow', limitMs: 7 }) as const,
      'expected kustomize to end within 7 ms',
    ],
    [
      'prints too much',
      () => ({ kind: 'too-much-output', limitBytes: 7 }) as const,
      'expected at most 7 bytes from kustomize',
    ],
    [
      'grows too large',
      () => ({ kind: 'too-much-memory', limitBytes: 7 }) as const,
      'expected kustomize to need at most 7 bytes of memory',
    ],
    [
      'is killed',
      () => ({ kind: 'crashed', signal: 'SIGKILL', stderr: '' }) as const,
      'kustomize was ended by SIGKILL',
    ],
  ])('that %s fails the build and leaves nothing behind', async (_what, outcome, message) => {
    const error = await site.failure(base, { exec: new FakeExec(outcome) });
    expect(error.code).toBe('KUSTOMIZE_FAILED');
    expect(error.message).toContain(message);
    expect(site.leftovers()).toEqual([]);
  });

  it('quotes objects and paths in its messages; ours do not', async () => {
    for (const quotation of [
      'map[string]interface {}{"data":"hunter2"}: json: unsupported value',
      'unable to parse SM or JSON patch from [patch: "hunter2"]',
      "MalformedYAMLError: yaml: unknown anchor 'hunter2' referenced",
      'missing Resource metadata in object {{v1 X} {{ } map[] map[hunter2]}}',
    ]) {
      const exec = new FakeExec((request) =>
        failed(`Error: in '${request.directory}/a.yaml': ${quotation}\n`),
      );
      const error = await site.failure(base, { exec });
      expect(error.message).not.toContain('hunter2');
      expect(error.message).toContain("in 'a.yaml'");
    }
  });

  it('quotes what a generator reads; ours do not', async () => {
    for (const line of [
      'invalid literal source hunter2, expected key=value',
      '"hunter2" is not a valid key name',
    ]) {
      const error = await site.failure(base, {
        exec: new FakeExec(() => failed(`Error: loading KV pairs: ${line}\n`)),
      });
      expect(error.message).toBe(
        'kustomization.yaml: expected KEY=VALUE in every literal and env file of a generator',
      );
    }
  });

  it('that cannot be started fails the build', async () => {
    const exec = new FakeExec(() => Promise.reject(new Error('spawn ENOEXEC')));
    const error = await site.failure(base, { exec });
    expect(error).toMatchObject({ code: 'KUSTOMIZE_FAILED' });
    expect(error.message).toContain('spawn ENOEXEC');
    expect(site.leftovers()).toEqual([]);
  });

  it('is given up when the build is aborted, and its directory is removed', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const exec = new FakeExec((_request, signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        controller.abort(reason);
      });
    });
    await expect(site.build(base, { exec, signal: controller.signal })).rejects.toBe(reason);
    expect(site.leftovers()).toEqual([]);
  });
});

it('what killed builds left behind is swept, and nothing else', async () => {
  await sweepBuilds(site.temporary);
  mkdirSync(join(site.temporary, 'sealift-build-abc/tree'), { recursive: true });
  writeFileSync(join(site.temporary, 'sealift-build-abc/tree/a.yaml'), object);
  mkdirSync(join(site.temporary, 'other'));
  await sweepBuilds(site.temporary);
  expect(site.leftovers()).toEqual(['other']);
});
