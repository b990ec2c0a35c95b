import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { objectsById } from './harness/objects.ts';
import { startOurs } from './harness/our-registry.ts';
import { publishWithSealift } from './harness/publish.ts';
import { deliver } from './harness/site.ts';
import { Workshop } from './harness/workshop.ts';

const manifests = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors', 'manifests');

/** [what, tree that is published, path in it, objects in it]. */
const cases = [
  ['podinfo', 'stefanprodan-podinfo', './kustomize', 3],
  ['helloWorld of kustomize', 'kubernetes-sigs-kustomize', './examples/helloWorld', 3],
  [
    'ldap in production, with generators',
    'kubernetes-sigs-kustomize',
    './examples/ldap/overlays/production',
    3,
  ],
  ['one base three times', 'kubernetes-sigs-kustomize', './examples/multibases', 3],
  ['the shop of microservices-demo', 'GoogleCloudPlatform-microservices-demo', './kustomize/base', 35],
  [
    'the shop with components',
    'GoogleCloudPlatform-microservices-demo',
    './kustomize/tests/memorystore-with-all-components',
    49,
  ],
  ['a kubebuilder project', 'kubernetes-sigs-kubebuilder', './testdata/project-v4/config/default', 37],
  ['the cluster install of Argo CD', 'argoproj-argo-cd', './manifests/cluster-install', 59],
  ['the CRDs of cert-manager, plain YAML', 'cert-manager', './deploy/crds', 6],
] as const;

describeWithPeers('what Sealift delivers is what kustomize builds', ['crane', 'kustomize'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let keys: string;

  /** The real build. A folder of plain YAML gets the kustomization that Flux would make for it. */
  async function kustomizeBuild(name: string, tree: string, path: string): Promise<string> {
    const copy = workshop.path('built', name);
    cpSync(tree, copy, { recursive: true });
    const folder = join(copy, path);
    if (!existsSync(join(folder, 'kustomization.yaml'))) {
      await workshop.runIn(folder, 'kustomize', 'create', '--autodetect', '--recursive');
    }
    return (await workshop.run('kustomize', 'build', folder)).stdout;
  }

  beforeAll(async () => {
    workshop = new Workshop();
    registry = await startOurs(workshop);
    keys = workshop.path('keys', 'signer');
    await workshop.sealiftToSuccess('keygen', '--output-key-prefix', keys);
  });

  afterAll(async () => {
    await registry?.close();
    workshop?.close();
  });

  const missing = !existsSync(manifests);
  if (missing) stderr.write(`skipped: no ${manifests}\n`);

  describe.skipIf(missing)('object by object', () => {
    it.each(cases)('%s', async (what, folder, path, count) => {
      const tree = join(manifests, folder);
      const name = what.replaceAll(/\W+/g, '-').toLowerCase();
      const repository = `${registry.host}/trees/${name}`;
      await publishWithSealift(workshop, { tree, repository, tag: 'v1', key: `${keys}.key` });

      const { outcome, objects } = await deliver(workshop, {
        name,
        url: `oci://${repository}`,
        tag: 'v1',
        path,
        key: `${keys}.pub`,
      });
      expect(outcome.code, outcome.stderr).toBe(0);
      const built = objectsById(await kustomizeBuild(name, tree, path));
      expect(Object.keys(built)).toHaveLength(count);
      expect(objects).toEqual(built);
    });
  });
});
