import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { siteObjectSchema } from '../../src/api/index.ts';
import { createBuildStage, createChildProcessExec } from '../../src/build/index.ts';
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

  function fluxBuild(root: string, path: string, delivery: Json): readonly string[] {
    const file = join(temporary, 'delivery.yaml');
    writeFileSync(file, JSON.stringify(delivery));
    const args = ['build', 'kustomization', 'app', '--namespace', 'apps', '--path', join(root, path)];
    const printed = execFileSync(
      findPeer('flux') ?? '',
      [...args, '--kustomization-file', file, '--dry-run'],
      {
        encoding: 'utf8',
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

  async function ownBuild(root: string, delivery: Json): Promise<readonly string[]> {
    const stage = createBuildStage({
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

  describe.skipIf(missing)('object by object', () => {
    it.each(cases)('%s', async (what, repository, path, spec) => {
      const root = join(temporary, what.replaceAll(/\W+/g, '-'));
      cpSync(join(manifests, repository), root, { recursive: true });
      const delivery = deliveryOf(path, spec);
      const ours = await ownBuild(root, delivery);
      expect(ours.length).toBeGreaterThan(0);
      expect(ours).toEqual(fluxBuild(root, path, delivery));
    });
  });
});
