import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite, FakeExec, type Files, failed, printed } from '../../../test/fixtures/build-site.ts';
import { ageKey, dotenvFile, secretYamlFile } from '../../../test/fixtures/sops-files.ts';
import type { TracedBuild } from '../index.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const config = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`;

function ways({ objects }: TracedBuild): unknown {
  return objects.map(({ object, origin, place, changedBy }) => ({
    name: object.metadata.name,
    from: origin?.place ?? place,
    through: origin?.through ?? [],
    changedBy: changedBy ?? [],
  }));
}

describe('the way of an object of a plain tree', () => {
  it('is file, line and document, in apply order, and whether variables changed it', async () => {
    const files = {
      'b.yaml': `${config('z')}---\n${config('y', 'data: {k: "${v}"}\n')}`,
      'a.yaml': config('x'),
    };
    const traced = await site.trace(files, { spec: { postBuild: { substitute: { v: '1' } } } });
    expect(ways(traced)).toEqual([
      { name: 'x', from: 'a.yaml:1 (document 1)', through: [], changedBy: [] },
      { name: 'y', from: 'b.yaml:6 (document 2)', through: [], changedBy: ['substitution'] },
      { name: 'z', from: 'b.yaml:1 (document 1)', through: [], changedBy: [] },
    ]);
  });
});

const annotated = (name: string, origin: string): string =>
  config(
    name,
    `  annotations:
    alpha.config.kubernetes.io/transformations: |
      - configuredIn: kustomization.yaml
        configuredBy: {apiVersion: builtin, kind: PrefixTransformer}
    config.kubernetes.io/origin: |
      ${origin}
`,
  );

/** A kustomize that tells origins only when it is asked to. */
function telling(plain: readonly string[], told: readonly string[]): FakeExec {
  const exec: FakeExec = new FakeExec(() => {
    const asked = JSON.stringify(exec.kustomizations.at(-1)).includes('originAnnotations');
    return printed((asked ? told : plain).join('---\n'));
  });
  return exec;
}

describe('the way of an object of an overlay', () => {
  const files: Files = {
    'over/kustomization.yaml': 'resources: [../base]\nnamePrefix: p-\n',
    'base/kustomization.yaml': 'resources: [all.yaml]\nconfigMapGenerator: [{name: gen}]\n',
    'base/all.yaml': `# first\n${config('a')}---\n${config('b')}`,
  };
  const plain = ['p-a', 'p-b', 'p-gen-1'].map((name) => config(name));
  const told = [
    annotated('p-a', 'path: ../base/all.yaml'),
    annotated('p-b', 'path: ../base/all.yaml'),
    annotated(
      'p-gen-1',
      'configuredIn: ../base/kustomization.yaml\n      configuredBy: {apiVersion: builtin, kind: ConfigMapGenerator}',
    ),
  ];

  it('is what kustomize tells when it is asked again, with the line of the file', async () => {
    const exec = telling(plain, told);
    const traced = await site.trace(files, { exec, spec: { path: 'over' } });
    const through = ['PrefixTransformer of over/kustomization.yaml'];
    expect(ways(traced)).toEqual([
      { name: 'p-a', from: 'base/all.yaml:2 (document 1)', through, changedBy: [] },
      { name: 'p-b', from: 'base/all.yaml:7 (document 2)', through, changedBy: [] },
      { name: 'p-gen-1', from: 'base/kustomization.yaml:2 (ConfigMapGenerator)', through, changedBy: [] },
    ]);
    expect(exec.requests).toHaveLength(2);
    expect(site.leftovers()).toEqual([]);
  });

  it('names a transformer of a kustomization once, however many of its entries there are', async () => {
    const step = /( +- configuredIn: kustomization.yaml\n.*PrefixTransformer}\n)/;
    const twice = told.map((text) => text.replace(step, '$1$1'));
    expect(twice[0]?.match(/PrefixTransformer/g)).toHaveLength(2);
    const { objects } = await site.trace(files, { exec: telling(plain, twice), spec: { path: 'over' } });
    expect(objects[0]?.origin?.through).toEqual(['PrefixTransformer of over/kustomization.yaml']);
  });

  it('leaves the objects as they are delivered', async () => {
    const built = await site.build(files, { exec: telling(plain, told), spec: { path: 'over' } });
    const { objects } = await site.trace(files, { exec: telling(plain, told), spec: { path: 'over' } });
    expect(objects.map(({ object }) => object)).toEqual(built.objects);
  });

  it('names the file alone where several documents fit', async () => {
    const twins = { ...files, 'base/all.yaml': `${config('a')}---\n${config('p')}` };
    const traced = await site.trace(twins, { exec: telling(plain, told), spec: { path: 'over' } });
    expect(traced.objects[0]?.origin?.place).toBe('base/all.yaml');
  });
});

describe('the patches of an object of an overlay', () => {
  const files: Files = {
    'kustomization.yaml': 'resources: [a.yaml]\npatches:\n- path: p.yaml\n- path: q.yaml\n',
    'a.yaml': config('a'),
    'p.yaml': `${config('a')}data: {k: hunter2}\n`,
    'q.yaml': 'just: text\n',
  };
  const step = (text: string): string => text.replace('PrefixTransformer', 'PatchTransformer');
  const told = step(annotated('a', 'path: a.yaml'));

  it('are those before which a mark was set, for the same object and without what they say of it', async () => {
    const exec: FakeExec = new FakeExec(() => {
      return printed(exec.requests.length === 1 ? config('a') : `${told}x-sealift-patch-0: ""\n`);
    });
    const { objects } = await site.trace(files, { exec });
    expect(objects[0]?.origin).toEqual({
      place: 'a.yaml:1 (document 1)',
      through: [],
      patches: ['kustomization.yaml:3 (p.yaml)'],
    });
    const mark = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, 'x-sealift-patch-0': '' };
    const { patches } = exec.kustomizations[1] as {
      readonly patches: readonly { readonly patch?: string }[];
    };
    expect(JSON.parse(patches[0]?.patch ?? '')).toEqual(mark);
    expect(patches.slice(1)).toEqual([{ path: 'p.yaml' }, { path: 'q.yaml' }]);
  });

  it('are not told where kustomize cannot build with marks, and its own steps are', async () => {
    const exec: FakeExec = new FakeExec(() => {
      const kustomization = JSON.stringify(exec.kustomizations.at(-1));
      if (kustomization.includes('x-sealift-patch')) return failed('Error: no such field\n');
      return printed(kustomization.includes('originAnnotations') ? told : config('a'));
    });
    const { objects } = await site.trace(files, { exec });
    expect(objects[0]?.origin).toEqual({
      place: 'a.yaml:1 (document 1)',
      through: ['PatchTransformer of kustomization.yaml'],
      patches: [],
    });
    expect([exec.requests.length, site.leftovers()]).toEqual([3, []]);
  });

  it('are no origin: where one replaced the annotations kustomize takes it for that', async () => {
    const by =
      'configuredIn: kustomization.yaml\n      configuredBy: {apiVersion: builtin, kind: PatchTransformer}';
    const exec = telling([config('a')], [annotated('a', by)]);
    const { objects } = await site.trace(files, { exec });
    expect(objects[0]?.origin).toMatchObject({ place: undefined });
  });
});

describe('an object of an overlay that is at fault', () => {
  const files: Files = {
    'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
    'a.yaml': config('a'),
    'b.yaml': `# second\n${config('a')}`,
  };

  it('is told by the file that it stands in, for which kustomize is asked again', async () => {
    const wrong = (text: string): string => text.replace('kind: ConfigMap', 'kind: "?"');
    const exec = telling([wrong(config('a'))], [wrong(annotated('a', 'path: a.yaml'))]);
    const error = await site.failure({ ...files, 'a.yaml': wrong(config('a')) }, { exec });
    expect(error.message).toBe('a.yaml:1 (document 1): kind: expected letters and digits');
    expect(exec.requests).toHaveLength(3);
  });

  it('is told by its place in what was printed, where kustomize tells no more', async () => {
    const error = await site.failure(files, { exec: new FakeExec('kind: X\nmetadata: {name: a}\n') });
    expect(error.subject).toBe('kustomize build of kustomization.yaml:1 (document 1)');
  });

  it('and is there twice is told by both places', async () => {
    const other = config('a').replace('v1', 'v2');
    const exec = telling(
      [config('a'), other],
      [annotated('a', 'path: a.yaml'), annotated('a', 'path: b.yaml').replace('v1', 'v2')],
    );
    const error = await site.failure(files, { exec });
    expect(error.code).toBe('OBJECT_DUPLICATE');
    expect(error.message).toBe(
      'b.yaml:2 (document 1): ConfigMap/a is already defined at a.yaml:1 (document 1)',
    );
  });

  it.each<[string, Files, string, string?]>([
    ['files', files, 'b.yaml:2 (document 1): ConfigMap/a is already defined at a.yaml:1 (document 1)'],
    [
      'a file and a generator',
      {
        'kustomization.yaml': 'resources: [a.yaml]\nconfigMapGenerator:\n- name: b\n- name: a\n',
        'a.yaml': config('a'),
      },
      'kustomization.yaml:4: ConfigMap/a is already defined at a.yaml:1 (document 1)',
    ],
    [
      'a file and one that is given that name',
      {
        'kustomization.yaml': 'resources: [b, a.yaml]\npatches: [{path: p.yaml}]\n',
        'b/kustomization.yaml': 'namePrefix: p-\nresources: [c.yaml, d.yaml]\n',
        'b/c.yaml': config('q-a'),
        'b/d.yaml': config('b'),
        'a.yaml': config('p-b'),
        'p.yaml': config('p-b'),
      },
      'b/d.yaml:1 (document 1): ConfigMap/p-b is already defined at a.yaml:1 (document 1)',
      'p-b',
    ],
    [
      'one file twice, others of that name being in other namespaces',
      {
        'kustomization.yaml': 'resources: [b.yaml, a.yaml, a.yaml]\n',
        'a.yaml': config('a'),
        'b.yaml': config('a', '  namespace: b\n'),
      },
      'a.yaml:1 (document 1): ConfigMap/a is used twice (kustomization.yaml: may not add resource',
    ],
  ])('and is refused by kustomize is told by both places: %s', async (_what, tree, message, name = 'a') => {
    const said = `may not add resource with an already registered id: ConfigMap.v1.[noGrp]/${name}.[noNs]'`;
    const error = await site.failure(tree, { exec: new FakeExec(() => failed(`Error: ${said}\n`)) });
    expect(error.code).toBe('OBJECT_DUPLICATE');
    expect(error.message).toContain(message);
  });

  it('and comes out of two generators is told by both places', async () => {
    const id =
      'resid.ResId{Gvk:resid.Gvk{Group:"", Version:"v1", Kind:"ConfigMap"}, Name:"a", Namespace:""} exists;';
    const error = await site.failure(
      { 'kustomization.yaml': 'configMapGenerator:\n- name: a\n- name: a\n' },
      { exec: new FakeExec(() => failed(`Error: merging from generator &{0x1 <nil>}: id ${id} can not\n`)) },
    );
    expect(error.message).toBe(
      'kustomization.yaml:3: ConfigMap/a is already defined at kustomization.yaml:2',
    );
  });
});

it('asks kustomize once where nobody wants an explanation', async () => {
  const exec = new FakeExec(config('a'));
  await site.trace({ 'kustomization.yaml': 'resources: []\n' }, { exec, explain: false });
  expect(exec.requests).toHaveLength(1);
});

describe('what was encrypted', () => {
  const keys = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', namespace: 'shop' },
    stringData: { 'site.agekey': ageKey },
  };
  const spec = { decryption: { provider: 'sops', secretRef: { name: 'keys' } } };
  const asked = { desired: [keys], spec };

  it('is hidden in the objects of a plain tree, and nothing else is', async () => {
    const files = { 'a.yaml': secretYamlFile, 'b.yaml': config('open', 'data: {k: v}\n') };
    const { objects } = await site.trace(files, asked);
    expect(objects.map(({ object }) => object)).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'open' }, data: { k: 'v' } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'pass', labels: { tier: 'front' } },
        stringData: { password: '***', user: '***' },
      },
    ]);
    expect(objects.map(({ changedBy }) => changedBy)).toEqual([undefined, ['decryption']]);
  });

  it('is shown on demand', async () => {
    const { objects } = await site.trace({ 'a.yaml': secretYamlFile }, { ...asked, showSecrets: true });
    expect(objects[0]?.object).toMatchObject({ stringData: { password: 'clear-password-4711' } });
  });

  it('is hidden wherever kustomize put what it was given in clear', async () => {
    const leaked = config('leak', 'data: {token: clear-token-4712, all: "TOKEN=clear-token-4712", k: v}\n');
    const traced = await site.trace(
      { 'kustomization.yaml': 'secretGenerator: [{name: g, envs: [s.env]}]\n', 's.env': dotenvFile },
      { ...asked, exec: new FakeExec(leaked) },
    );
    expect(traced.objects[0]?.object).toMatchObject({ data: { token: '***', all: '***', k: 'v' } });
    expect(JSON.stringify(traced)).not.toContain('clear-token-4712');
  });
});
