import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleStyle, cosignKeys, cosignSign } from './harness/cosign-styles.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { objectsById } from './harness/objects.ts';
import { publishWithSealift } from './harness/publish.ts';
import { registryKinds } from './harness/registries.ts';
import { deliver } from './harness/site.ts';
import { smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

interface KeyPair {
  readonly key: string;
  readonly pub: string;
}

async function sealiftKeys(workshop: Workshop, name: string): Promise<KeyPair> {
  const prefix = workshop.path('keys', name);
  await workshop.sealiftToSuccess('keygen', '--output-key-prefix', prefix);
  return { key: `${prefix}.key`, pub: `${prefix}.pub` };
}

describeWithPeers(
  'what Sealift signs, cosign verifies',
  ['cosign', 'crane', 'kustomize', 'oras', 'registry'],
  () => {
    describe.each(registryKinds)('in $title', ({ start }) => {
      let workshop: Workshop;
      let registry: LiveRegistry;
      let tree: string;
      let ours: KeyPair;
      let theirs: KeyPair;

      const cosignVerify = (pub: string, reference: string) =>
        workshop.attempt('cosign', 'verify', '--key', pub, '--insecure-ignore-tlog=true', reference);

      /** What oras finds beside an artifact, by the referrers API or by the fallback tag. */
      async function referrerTypes(reference: string): Promise<readonly string[]> {
        const discover = ['discover', '--plain-http', '--format', 'json', reference];
        const { stdout } = await workshop.run('oras', ...discover);
        const { referrers } = JSON.parse(stdout) as {
          readonly referrers?: readonly { readonly artifactType: string }[];
        };
        return (referrers ?? []).map(({ artifactType }) => artifactType);
      }

      beforeAll(async () => {
        workshop = new Workshop();
        registry = await start(workshop);
        tree = writeTree(workshop.path('tree'), smallTree);
        ours = await sealiftKeys(workshop, 'ours');
        theirs = await cosignKeys(workshop, 'theirs');
      });

      afterAll(async () => {
        await registry?.close();
        workshop?.close();
      });

      it.each([
        ['a key of `sealift keygen`', 'sealift', () => [ours, theirs] as const],
        ['a key of `cosign generate-key-pair`', 'cosign', () => [theirs, ours] as const],
      ])('with %s', async (_title, name, pick) => {
        const [signer, stranger] = pick();
        const repository = `${registry.host}/signed-by-sealift/${name}`;
        const reference = await publishWithSealift(workshop, {
          tree,
          repository,
          tag: 'v1',
          key: signer.key,
        });

        const accepted = await cosignVerify(signer.pub, reference);
        expect(accepted.code, accepted.stderr).toBe(0);
        expect(await referrerTypes(reference)).toEqual(['application/vnd.dev.sigstore.bundle.v0.3+json']);
        const refused = await cosignVerify(stranger.pub, reference);
        expect(refused.code).not.toBe(0);
      });

      it('by a key that cosign can use too', async () => {
        const { stdout } = await workshop.run('cosign', 'public-key', '--key', ours.key);
        expect(stdout.trim()).toBe(readFileSync(ours.pub, 'utf8').trim());

        const repository = `${registry.host}/signed-by-cosign`;
        const reference = await publishWithSealift(workshop, { tree, repository, tag: 'v1' });
        await cosignSign(workshop, bundleStyle, { key: ours.key, reference });
        const { outcome, objects } = await deliver(workshop, {
          name: 'our-key',
          url: `oci://${repository}`,
          tag: 'v1',
          key: ours.pub,
        });
        expect(outcome.code, outcome.stderr).toBe(0);
        expect(objects).toEqual(objectsById(...Object.values(smallTree)));
      });

      it('beside the signature that cosign put there before', async () => {
        const repository = `${registry.host}/signed-twice`;
        const reference = await publishWithSealift(workshop, { tree, repository, tag: 'v1' });
        await cosignSign(workshop, bundleStyle, { key: theirs.key, reference });
        await publishWithSealift(workshop, { tree, repository, tag: 'v1', key: ours.key });

        for (const { pub } of [ours, theirs]) {
          const verified = await cosignVerify(pub, reference);
          expect(verified.code, verified.stderr).toBe(0);
        }
      });
    });
  },
);
