import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type BuildOutput, type SiteObject, siteObjectSchema } from '../../src/api/index.ts';
import { createBuildStage, createChildProcessExec } from '../../src/build/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { desiredState } from '../fixtures/build-site.ts';
import { findPeer } from '../peers/find.ts';

const vectors = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors');
const manifests = join(vectors, 'manifests');
const missing = !existsSync(manifests);
if (missing) stderr.write(`skipped: no ${manifests}\n`);

const kustomize = findPeer('kustomize');
if (kustomize === undefined) stderr.write('skipped in part: no kustomize; build it with `npm run peers`\n');
const unbuilt = missing || kustomize === undefined;

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'sealift-test-manifests-'));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

type Json = Readonly<Record<string, unknown>>;

/** Read by the library's own rules, which for printed YAML are the same: ours are not judged by ours. */
function documents(text: string): readonly Json[] {
  return parseAllDocuments(text, { intAsBigInt: true })
    .map((document) => document.toJS({ maxAliasCount: 0 }) as unknown)
    .filter((value) => value !== null)
    .map((value) => narrow(value) as Json);
}

function narrow(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(narrow);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, narrow(item)]));
}

function byId(objects: readonly unknown[]): Readonly<Record<string, unknown>> {
  const keyed = objects.map((object) => {
    const { apiVersion, kind, metadata } = object as Json & { metadata: Json };
    return [`${apiVersion} ${kind} ${metadata['namespace'] ?? ''} ${metadata['name']}`, object] as const;
  });
  expect(new Set(keyed.map(([id]) => id)).size).toBe(objects.length);
  return Object.fromEntries(keyed);
}

function deliver(root: string, delivery: SiteObject, desired: readonly unknown[] = []): Promise<BuildOutput> {
  if (delivery.kind !== 'Kustomization') throw new Error('expected a Kustomization');
  const stage = createBuildStage({
    exec: createChildProcessExec(),
    temporaryDirectory: join(temporary, 'builds'),
    searchPath: '',
    ...(kustomize === undefined ? {} : { kustomize }),
  });
  const artifact = {
    revision: 'v1',
    digest: 'sha256:0',
    root,
    files: 0,
    bytes: 0,
    annotations: {},
    skipped: [],
  };
  const request = { delivery, artifact, desired: desiredState(desired) };
  return stage.build(request, new AbortController().signal);
}

function deliveryOf(spec: Json): SiteObject {
  return siteObjectSchema.parse({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'apps' },
    spec: { interval: '1m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' }, ...spec },
  });
}

function build(root: string, spec: Json, desired: readonly unknown[] = []): Promise<BuildOutput> {
  return deliver(root, deliveryOf(spec), desired);
}

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  const thrown: unknown = await outcome.then(
    () => new Error('built'),
    (error: unknown) => error,
  );
  if (thrown instanceof SealiftError) return thrown.code;
  throw new Error('expected the build to fail with a SealiftError', { cause: thrown });
}

function kustomizeBuild(directory: string): readonly Json[] {
  const args = ['build', '--load-restrictor', 'LoadRestrictionsNone', directory];
  const options = { encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 } as const;
  return documents(execFileSync(kustomize ?? '', args, options));
}

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function copyOf(directory: string, without: RegExp): string {
  const copy = mkdtempSync(join(temporary, 'tree-'));
  cpSync(directory, copy, { recursive: true, filter: (path) => !without.test(path) });
  return copy;
}

const kustomizationName = /\/(kustomization\.ya?ml|Kustomization)$/;

/** Trees that the real kustomize builds and we refuse on purpose, or build with what Flux adds. */
const differences: Readonly<Record<string, string>> = {
  'GoogleCloudPlatform-microservices-demo/kustomize/components/container-images-registry': 'BUILD_EMPTY',
  'GoogleCloudPlatform-microservices-demo/kustomize/components/container-images-tag': 'BUILD_EMPTY',
  'GoogleCloudPlatform-microservices-demo/kustomize/components/container-images-tag-suffix': 'BUILD_EMPTY',
  'fluxcd-flux2-kustomize-helm-example/clusters/staging/flux-system': 'BUILD_EMPTY',
  'fluxcd-pkg/kustomize/testdata/noResources': 'BUILD_EMPTY',
  'fluxcd-flux2/cmd/flux/testdata/build-kustomization/podinfo': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/invalid/overlay': 'OBJECT_INVALID',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/algorithms': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/component': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/envs': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/global': 'OBJECT_ENCRYPTED',
  // One kind in two versions under one name.
  'kubernetes-sigs-kubebuilder/testdata/project-v4/config/samples': 'OBJECT_DUPLICATE',
};

/** Without resources of its own Flux asks for origin annotations. */
const annotated = 'fluxcd-pkg/kustomize/testdata/name';

const overlays = missing
  ? []
  : filesBelow(manifests)
      .filter((path) => kustomizationName.test(path))
      .map((path) => relative(manifests, dirname(path)))
      .filter((path) => path !== annotated);

describe.skipIf(unbuilt)('trees with a kustomization give the objects of the real kustomize', () => {
  it('are found in number', () => expect(overlays.length).toBeGreaterThan(60));

  it.each(overlays)('%s', async (path) => {
    const repository = path.split('/')[0] ?? '';
    const ours = build(join(manifests, repository), { path: relative(repository, path) });
    const difference = differences[path];
    if (difference !== undefined) {
      expect(await codeOf(ours)).toBe(difference);
      return;
    }
    let theirs: readonly Json[];
    try {
      theirs = kustomizeBuild(join(manifests, path));
    } catch {
      expect(await codeOf(ours)).toBe('KUSTOMIZE_FAILED');
      return;
    }
    expect(byId((await ours).objects)).toEqual(byId(theirs));
  });

  it('with the annotations that Flux adds where there are no resources', async () => {
    const { objects } = await build(join(manifests, 'fluxcd-pkg'), { path: 'kustomize/testdata/name' });
    expect(objects).toMatchObject([{ kind: 'ConfigMap', data: { baz: 'qux', foo: 'bar' } }]);
    expect(Object.keys(objects[0]?.metadata.annotations ?? {})).toEqual(['config.kubernetes.io/origin']);
  });
});

/** [directory, objects in it; 0 where it must not build]. */
const plain = [
  ['cert-manager/deploy/crds', 6],
  ['argoproj-argo-cd/manifests/crds', 3],
  ['stefanprodan-podinfo/kustomize', 3],
  ['fluxcd-pkg/kustomize/testdata/nokustomization/resources', 2],
  ['fluxcd-pkg/kustomize/testdata/nokustomization/panic', 0],
  ['fluxcd-pkg/http/fetch/testdata', 3],
  ['fluxcd-flux2-kustomize-helm-example/infrastructure', 9],
  ['GoogleCloudPlatform-microservices-demo/kustomize/base', 35],
] as const;

describe.skipIf(missing)('trees of plain YAML', () => {
  it.each(plain)('%s holds %i objects', async (path, count) => {
    const copy = copyOf(join(manifests, path), kustomizationName);
    if (count === 0) expect(await codeOf(build(copy, {}))).toBe('YAML_MALFORMED');
    else expect((await build(copy, {})).objects).toHaveLength(count);
  });

  const built = plain.filter(([, count]) => count > 0).map(([path]) => path);
  it.skipIf(kustomize === undefined).each(built)(
    '%s gives the objects of the real kustomize',
    async (path) => {
      const copy = copyOf(join(manifests, path), kustomizationName);
      const ours = await build(copy, {});
      const resources = filesBelow(copy).filter((file) => /\.ya?ml$/.test(file));
      const list = { resources: resources.map((file) => relative(copy, file)) };
      writeFileSync(join(copy, 'kustomization.yaml'), JSON.stringify(list));
      expect(byId(ours.objects)).toEqual(byId(kustomizeBuild(copy)));
    },
  );
});

function golden(path: string): readonly Json[] {
  return documents(readFileSync(join(manifests, path), 'utf8'));
}

function specOf(path: string): Json {
  return (golden(path)[0]?.['spec'] ?? {}) as Json;
}

describe.skipIf(unbuilt)('goldens of other projects', () => {
  it.each([
    ['argoproj-argo-cd', 'manifests/cluster-install', 'manifests/install.yaml'],
    [
      'kubernetes-sigs-kubebuilder',
      'testdata/project-v4/config/default',
      'testdata/project-v4/dist/install.yaml',
    ],
  ])('%s: %s is %s', async (repository, path, result) => {
    const { objects } = await build(join(manifests, repository), { path });
    expect(byId(objects)).toEqual(byId(golden(join(repository, result))));
  });

  it('flux pkg: what a Kustomization asks for', async () => {
    const { targetNamespace, patches } = specOf('fluxcd-pkg/kustomize/testdata/kustomization.yaml');
    const spec = { path: 'kustomize/testdata/resources', targetNamespace, patches };
    const { objects } = await build(join(manifests, 'fluxcd-pkg'), spec);
    expect(byId(objects)).toEqual(byId(golden('fluxcd-pkg/kustomize/testdata/kustomization_expected.yaml')));
  });

  it('flux pkg: variables', async () => {
    const { postBuild } = specOf('fluxcd-pkg/kustomize/testdata/kustomization_varsub.yaml');
    const desired = golden('fluxcd-pkg/kustomize/testdata/configmap.yaml');
    const spec = { path: 'kustomize/testdata/resources', postBuild };
    const { objects } = await build(join(manifests, 'fluxcd-pkg'), spec, desired);
    expect(byId(objects)).toEqual(
      byId(golden('fluxcd-pkg/kustomize/testdata/kustomization_varsub_expected.yaml')),
    );
  });

  it('flux pkg: a variable that is missing', async () => {
    const spec = {
      path: 'kustomize/testdata/varsubstrict',
      postBuild: { substitute: { cluster_region: 'x' } },
    };
    expect(await codeOf(build(join(manifests, 'fluxcd-pkg'), spec))).toBe('SUBSTITUTION_FAILED');
  });

  it('flux pkg: defaults are used only when substitution is forced', async () => {
    const path = 'kustomize/testdata/varsubalways';
    const regionOf = async (postBuild: Json): Promise<unknown> => {
      return (await build(join(manifests, 'fluxcd-pkg'), { path, postBuild })).objects[0]?.['data'];
    };
    expect(await regionOf({})).toEqual({ region: '${cluster_region:=eu-central-1}' });
    expect(await regionOf({ substituteStrategy: 'Always' })).toEqual({ region: 'eu-central-1' });
  });
});

describe.skipIf(missing)('flux envsubst', () => {
  const folder = join(manifests, 'fluxcd-flux2/cmd/flux/testdata/envsubst');

  it('gives its golden file', async () => {
    const copy = copyOf(folder, /\.gold$/);
    const { objects } = await build(copy, { postBuild: { substitute: { REPO_NAME: 'test' } } });
    expect(objects).toEqual(golden('fluxcd-flux2/cmd/flux/testdata/envsubst/file.gold'));
  });

  it('fails without the variable', async () => {
    const copy = copyOf(folder, /\.gold$/);
    expect(await codeOf(build(copy, { postBuild: { substituteStrategy: 'Always' } }))).toBe(
      'SUBSTITUTION_FAILED',
    );
  });
});

const recorded = join(vectors, 'flux-golden', '09-build');

/** Deliveries of the recording, with the error that ours gives where it must. */
const deliveries = [
  ['vars', undefined, 'plain'],
  ['missing-var', 'SUBSTITUTION_FAILED', 'plain'],
  ['missing-var-no-postbuild', undefined, 'plain'],
  ['bad-expr', 'SUBSTITUTION_FAILED', 'plain'],
  ['flow', 'YAML_MALFORMED', 'plain'],
  ['missing-optional', undefined, 'overlay'],
  ['missing-configmap', 'OBJECT_NOT_FOUND', 'overlay'],
  ['bad-var-name', 'SUBSTITUTION_FAILED', 'overlay'],
  ['overlay', undefined, 'overlay'],
  ['component', undefined, 'overlay'],
  ['component-missing', 'KUSTOMIZE_FAILED', 'overlay'],
  ['component-ignored', undefined, 'overlay'],
] as const;

const ownName = 'kustomize.toolkit.fluxcd.io/name';
const ownNamespace = 'kustomize.toolkit.fluxcd.io/namespace';

/** What was delivered, without what the API server and the owner's labels add. */
function essence(object: unknown): Json {
  const { kind, data, metadata, spec } = object as Json & { metadata: Json; spec?: Json };
  const labels = { ...(metadata['labels'] as Json | undefined) };
  delete labels[ownName];
  delete labels[ownNamespace];
  const annotations = { ...(metadata['annotations'] as Json | undefined) };
  delete annotations['deployment.kubernetes.io/revision'];
  const template = spec?.['template'] as { spec: { containers: readonly Json[] } } | undefined;
  const container = template?.spec.containers[0];
  return {
    kind,
    name: metadata['name'],
    namespace: metadata['namespace'],
    labels,
    annotations,
    data,
    replicas: spec?.['replicas'],
    image: container?.['image'],
    envFrom: container?.['envFrom'],
  };
}

describe.skipIf(missing)('what the real kustomize-controller delivered', () => {
  const read = (name: string): readonly Json[] => documents(readFileSync(join(recorded, name), 'utf8'));

  function deliveryNamed(name: string): SiteObject {
    const found = read('input/kustomizations.yaml').find(
      (object) => (object['metadata'] as Json)['name'] === name,
    );
    return siteObjectSchema.parse(found);
  }

  /** Objects that this delivery was the last to apply. */
  function deliveredBy(name: string): readonly Json[] {
    const items = read('objects.yaml').flatMap((list) => list['items'] as readonly Json[]);
    return items.filter((item) => {
      const { labels } = item['metadata'] as { readonly labels?: Json };
      return labels?.[ownName] === name;
    });
  }

  it.for(deliveries)('09-build: %s', async ([name, code, kind], { skip }) => {
    skip(kind === 'overlay' && kustomize === undefined, 'no kustomize');
    const outcome = deliver(join(recorded, 'input/tree'), deliveryNamed(name), read('input/vars.yaml'));
    if (code !== undefined) {
      expect(await codeOf(outcome)).toBe(code);
      return;
    }
    const ours = (await outcome).objects.map(essence);
    const theirs = deliveredBy(name).map(essence);
    for (const object of theirs) expect(ours).toContainEqual(object);
  });

  it('delivered something in most cases', () => {
    const counts = deliveries
      .filter(([, code]) => code === undefined)
      .map(([name]) => deliveredBy(name).length);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['quoted-number', { number: '3', length: '5', in_text: 'n=3' }],
    ['unquoted', { n: '3' }],
  ])('09-build: %s fails there in the dry run and stays a string here', async (name, data) => {
    const root = join(recorded, 'input/tree');
    const { objects } = await deliver(root, deliveryNamed(name), read('input/vars.yaml'));
    expect(objects.map((object) => object['data'])).toEqual([data]);
  });

  it.for(['none', 'marked-data', 'marked-stringdata', 'global-none', 'envs'])(
    '12-sops: %s was delivered as ciphertext or needs a key, and is refused here',
    async (name, { skip }) => {
      const folder = join(vectors, 'flux-golden', '12-sops', 'input');
      const all = documents(readFileSync(join(folder, 'kustomizations.yaml'), 'utf8'));
      const found = all.find((object) => (object['metadata'] as Json)['name'] === name);
      const delivery = siteObjectSchema.parse(found);
      if (delivery.kind !== 'Kustomization') throw new Error('expected a Kustomization');
      const expected = delivery.spec.decryption === undefined ? 'OBJECT_ENCRYPTED' : 'OBJECT_NOT_FOUND';
      const code = await codeOf(deliver(join(folder, 'tree'), delivery));
      skip(kustomize === undefined && code === 'KUSTOMIZE_NOT_FOUND', 'no kustomize');
      expect(code).toBe(expected);
    },
  );
});
