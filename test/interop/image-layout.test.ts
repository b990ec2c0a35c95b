import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleStyle, cosignKeys, cosignSign, legacyTagStyle } from './harness/cosign-styles.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { startDistribution } from './harness/distribution.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { objectsById } from './harness/objects.ts';
import { publishWithFlux } from './harness/publish.ts';
import { deliver } from './harness/site.ts';
import { readTree, smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

describeWithPeers(
  'an image layout that oras filled is a source',
  ['cosign', 'crane', 'flux', 'kustomize', 'oras', 'registry'],
  () => {
    let workshop: Workshop;
    let registry: LiveRegistry;
    let tree: string;
    let right: { key: string; pub: string };
    let wrong: { key: string; pub: string };
    const expected = objectsById(...Object.values(smallTree));

    async function copyToLayout(from: string, to: string): Promise<void> {
      await workshop.run('oras', 'cp', '--recursive', '--from-plain-http', '--to-oci-layout', from, to);
    }

    beforeAll(async () => {
      workshop = new Workshop();
      registry = await startDistribution(workshop);
      tree = writeTree(workshop.path('tree'), smallTree);
      right = await cosignKeys(workshop, 'right');
      wrong = await cosignKeys(workshop, 'wrong');
    });

    afterAll(async () => {
      await registry?.close();
      workshop?.close();
    });

    it('with a bundle that came along as a referrer', async () => {
      const repository = `${registry.host}/layout/bundle`;
      const layout = workshop.path('layouts', 'bundle');
      const reference = await publishWithFlux(workshop, { tree, repository, tag: 'v1' });
      await cosignSign(workshop, bundleStyle, { key: right.key, reference });
      await copyToLayout(`${repository}:v1`, `${layout}:v1`);

      const site = { url: `oci-layout:${layout}`, tag: 'v1' };
      const accepted = await deliver(workshop, { ...site, name: 'bundle', key: right.pub });
      expect(accepted.outcome.code, accepted.outcome.stderr).toBe(0);
      expect(accepted.objects).toEqual(expected);
      const refused = await deliver(workshop, { ...site, name: 'bundle-wrong', key: wrong.pub });
      expect(refused.outcome.code, refused.outcome.stderr).toBe(3);
      expect(refused.objects).toEqual({});
    });

    it('with a legacy signature that was copied by its tag', async () => {
      const repository = `${registry.host}/layout/legacy`;
      const layout = workshop.path('layouts', 'legacy');
      const reference = await publishWithFlux(workshop, { tree, repository, tag: 'v1' });
      await cosignSign(workshop, legacyTagStyle, { key: right.key, reference });
      const signatureTag = `sha256-${reference.split('@sha256:')[1]}.sig`;
      for (const tag of ['v1', signatureTag]) {
        await copyToLayout(`${repository}:${tag}`, `${layout}:${tag}`);
      }

      const { outcome, objects } = await deliver(workshop, {
        name: 'legacy',
        url: `oci-layout:${layout}`,
        tag: 'v1',
        key: right.pub,
      });
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(objects).toEqual(expected);
    });

    it('and one that `sealift push` filled goes into a registry whole', async () => {
      const prefix = workshop.path('keys', 'ours');
      await workshop.sealiftToSuccess('keygen', '--output-key-prefix', prefix);
      const layout = workshop.path('layouts', 'ours');
      const source = ['--source', 'https://example.org/interop', '--revision', 'v1'];
      const push = ['push', `oci-layout:${layout}:v1`, '--path', tree, '--sign-key', `${prefix}.key`];
      await workshop.sealiftToSuccess(...push, ...source);

      const copy = `${registry.host}/layout/ours`;
      const flags = ['--recursive', '--from-oci-layout', '--to-plain-http'];
      await workshop.run('oras', 'cp', ...flags, `${layout}:v1`, `${copy}:v1`);
      const pulled = workshop.path('layouts', 'pulled');
      mkdirSync(pulled);
      await workshop.run('flux', 'pull', 'artifact', `oci://${copy}:v1`, '--output', pulled);
      expect(readTree(pulled)).toEqual(smallTree);
      const pub = ['--key', `${prefix}.pub`, '--insecure-ignore-tlog=true'];
      await workshop.run('cosign', 'verify', ...pub, `${copy}:v1`);
    });
  },
);
