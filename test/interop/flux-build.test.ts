import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { siteObjectSchema } from '../../src/api/index.ts';
import { createBuildStage, createChildProcessExec } from '../../src/build/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { desiredState } from '../fixtures/build-site.ts';
import { canonicalOf } from '../fuzz/canonical-json.ts';
import { findPeer } from '../peers/find.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';

const manifests = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors', 'manifests');
const missing = !existsSync(manifests);
if (missing) stderr.write(`skipped: no ${manifests}\n`);

type Json = Readonly<Record<string, unknown>>;

const everyField = {
  targetNamespace: 'other',
  namePrefix: 'pre-',
  nameSuffix: '-post',
  commonMetadata: { labels: { team: 'a' }, annotations: { owner: 'b' } },
  patches: [
    {
      patch: '- {op: add, path: /metadata/annotations, value: {patched: "yes"}}',
      target: { kind: 'Deployment' },
    },
  ],
  images: [{ name: 'ghcr.io/stefanprodan/podinfo', newName: 'registry.example/podinfo', newTag: '9.9.9' }],
  buildMetadata: ['originAnnotations'],
  postBuild: { substitute: { color: 'green' } },
};

/** [what, repository, path, spec]. */
const cases: readonly (readonly [string, string, string, Json])[] = [
  ['podinfo as it is', 'stefanprodan-podinfo', 'kustomize', {}],
  ['podinfo with every field', 'stefanprodan-podinfo', 'kustomize', everyField],
  [
    'helloWorld in another namespace',
    'kubernetes-sigs-kustomize',
    'examples/helloWorld',
    { targetNamespace: 'x' },
  ],
  [
    'the shop with components, one of them missing',
    'GoogleCloudPlatform-microservices-demo',
    'kustomize/base',
    { components: ['../components/network-policies', '../components/absent'], ignoreMissingComponents: true },
  ],
  [
    'plain CRDs with common metadata',
    'cert-manager',
    'deploy/crds',
    { commonMetadata: { labels: { team: 'a' } } },
  ],
];

/** Fields that change every tree. */
const fields = {
  targetNamespace: 'other',
  namePrefix: 'pre-',
  commonMetadata: { labels: { team: 'a' } },
  buildMetadata: ['originAnnotations'],
};

/** Trees that flux builds otherwise; the page gives the reason for each. */
const refused: Readonly<Record<string, string>> = {
  'GoogleCloudPlatform-microservices-demo/kustomize/components/container-images-registry': 'BUILD_EMPTY',
  'GoogleCloudPlatform-microservices-demo/kustomize/components/container-images-tag': 'BUILD_EMPTY',
  'GoogleCloudPlatform-microservices-demo/kustomize/components/container-images-tag-suffix': 'BUILD_EMPTY',
  'fluxcd-flux2-kustomize-helm-example/clusters/staging/flux-system': 'BUILD_EMPTY',
  'fluxcd-flux2/cmd/flux/testdata/build-kustomization/podinfo': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/invalid/overlay': 'OBJECT_INVALID',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/algorithms': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/component': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/envs': 'OBJECT_ENCRYPTED',
  'fluxcd-kustomize-controller/internal/controller/testdata/sops/global': 'OBJECT_ENCRYPTED',
  'fluxcd-pkg/kustomize/testdata/noResources': 'BUILD_EMPTY',
  'fluxcd-pkg/kustomize/testdata/resources': 'other objects',
  'kubernetes-sigs-kubebuilder/testdata/project-v4/config/samples': 'OBJECT_DUPLICATE',
};

function treesWithKustomization(): readonly string[] {
  if (missing) return [];
  return readdirSync(manifests, { withFileTypes: true, recursive: true })
    .filter((entry) => /^(kustomization\.ya?ml|Kustomization)$/.test(entry.name))
    .map((entry) => relative(manifests, entry.parentPath))
    .sort();
}

describeWithPeers('what Sealift builds is what flux builds', ['flux', 'kustomize'], () => {
  let temporary: string;
  beforeAll(() => {
    temporary = mkdtempSync(join(tmpdir(), 'sealift-test-flux-build-'));
  });
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  function deliveryOf(path: string, spec: Json): Json {
    return {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'apps' },
      spec: { interval: '1m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' }, path, ...spec },
    };
  }

  /** flux marks what it prints as its own; the agent does that when it applies. */
  function withoutOwner(object: Json): Json {
    const metadata = object['metadata'] as Json & { labels: Json };
    const labels = Object.entries(metadata.labels).filter(
      ([key]) => !key.startsWith('kustomize.toolkit.fluxcd.io/'),
    );
    const { labels: _all, ...rest } = metadata;
    return {
      ...object,
      metadata: labels.length === 0 ? rest : { ...rest, labels: Object.fromEntries(labels) },
    };
  }

  function fluxBuild(root: string, path: string, delivery: Json, strict = false): readonly string[] {
    const file = join(temporary, 'delivery.yaml');
    writeFileSync(file, JSON.stringify(delivery));
    const args = ['build', 'kustomization', 'app', '--namespace', 'apps', '--path', join(root, path)];
    const printed = execFileSync(
      findPeer('flux') ?? '',
      [...args, '--kustomization-file', file, '--dry-run', `--strict-substitute=${strict}`],
      {
        encoding: 'utf8',
        stdio: 'pipe',
        maxBuffer: 2 ** 28,
        env: { HOME: temporary },
      },
    );
    return parseAllDocuments(printed, { intAsBigInt: true })
      .map((document) => document.toJS() as Json | null)
      .filter((object) => object !== null)
      .map((object) => canonicalOf(withoutOwner(object)))
      .sort();
  }

  async function ownBuild(
    root: string,
    delivery: Json,
    strictSubstitution = true,
  ): Promise<readonly string[]> {
    const stage = createBuildStage({
      strictSubstitution,
      exec: createChildProcessExec(),
      temporaryDirectory: join(temporary, 'builds'),
      searchPath: '',
      kustomize: findPeer('kustomize') ?? '',
    });
    const parsed = siteObjectSchema.parse(delivery);
    if (parsed.kind !== 'Kustomization') throw new Error('expected a Kustomization');
    const artifact = {
      revision: 'v1',
      digest: 'sha256:0',
      root,
      files: 0,
      bytes: 0,
      annotations: {},
      skipped: [],
    };
    const request = { delivery: parsed, artifact, desired: desiredState([]) };
    const { objects } = await stage.build(request, new AbortController().signal);
    return objects.map(canonicalOf).sort();
  }

  function attempt<T>(build: () => T): T | undefined {
    try {
      return build();
    } catch {
      return undefined;
    }
  }

  describe('where a variable has neither value nor default', () => {
    const tree = {
      'kustomization.yaml': 'resources: [a.yaml]\n',
      'a.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  v: x${nowhere}y\n  w: ${nowhere:=d}${color}\n',
    };
    const delivery = deliveryOf('./', { postBuild: { substitute: { color: 'green' } } });
    let root: string;
    beforeAll(() => {
      root = join(temporary, 'unset');
      mkdirSync(root);
      for (const [name, text] of Object.entries(tree)) writeFileSync(join(root, name), text);
    });

    it('fails in both with strict substitution', async () => {
      expect(() => fluxBuild(root, '.', delivery, true)).toThrow(
        /variable not set \(strict mode\): "nowhere"/,
      );
      await expect(ownBuild(root, delivery, true)).rejects.toThrow('variable "nowhere" is not set');
    });

    it('becomes nothing in both without it', async () => {
      const ours = await ownBuild(root, delivery, false);
      expect(ours).toEqual(fluxBuild(root, '.', delivery, false));
      expect(ours.join()).toContain('"xy"');
    });
  });

  describe.skipIf(missing)('object by object', () => {
    it.each(cases)('%s', async (what, repository, path, spec) => {
      const root = join(temporary, what.replaceAll(/\W+/g, '-'));
      cpSync(join(manifests, repository), root, { recursive: true });
      const delivery = deliveryOf(path, spec);
      const ours = await ownBuild(root, delivery);
      expect(ours.length).toBeGreaterThan(0);
      expect(ours).toEqual(fluxBuild(root, path, delivery));
    });

    it('differs in no tree that the documentation does not name', () => {
      const page = readFileSync(
        join(import.meta.dirname, '..', '..', 'docs', 'build-differences.md'),
        'utf8',
      );
      for (const [tree, outcome] of Object.entries(refused))
        expect(page).toContain(`| \`${tree}\` | ${outcome} |`);
    });

    it('for every tree with a kustomization, or the difference is listed', async () => {
      const trees = treesWithKustomization();
      expect(trees.length).toBeGreaterThan(60);
      const different: Record<string, unknown> = {};
      for (const tree of trees) {
        const [repository = ''] = tree.split('/');
        const root = join(temporary, 'all', repository);
        if (!existsSync(root)) cpSync(join(manifests, repository), root, { recursive: true });
        const path = relative(repository, tree);
        const delivery = deliveryOf(path, fields);
        const ours = await ownBuild(root, delivery).catch((thrown: unknown) => thrown);
        const theirs = attempt(() => fluxBuild(root, path, delivery));
        if (ours instanceof SealiftError && theirs === undefined) continue;
        if (ours instanceof SealiftError) different[tree] = ours.code;
        else if (JSON.stringify(ours) !== JSON.stringify(theirs)) different[tree] = 'other objects';
      }
      expect(different).toEqual(refused);
      // Two programs for each of some seventy trees.
    }, 600_000);
  });
});
