import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cosignKeys, cosignSign, signingStyles } from './harness/cosign-styles.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { objectsById } from './harness/objects.ts';
import { publishWithFlux } from './harness/publish.ts';
import { registryKinds } from './harness/registries.ts';
import { deliver } from './harness/site.ts';
import { smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

/** `sealift run` ends with this code when a signature or a policy refused a revision. */
const REFUSED = 3;

describeWithPeers(
  'what cosign signs, Sealift delivers',
  ['cosign', 'crane', 'flux', 'registry', 'kustomize'],
  () => {
    describe.each(registryKinds)('from $title', ({ start }) => {
      let workshop: Workshop;
      let registry: LiveRegistry;
      let tree: string;
      let right: { key: string; pub: string };
      let wrong: { key: string; pub: string };

      beforeAll(async () => {
        workshop = new Workshop();
        registry = await start(workshop);
        tree = writeTree(workshop.path('tree'), smallTree);
        right = await cosignKeys(workshop, 'right');
        wrong = await cosignKeys(workshop, 'wrong');
      });

      afterAll(async () => {
        await registry?.close();
        workshop?.close();
      });

      it.each(signingStyles)('signed with $title', async (style) => {
        const name = style.title.replaceAll(/\W/g, '-').toLowerCase();
        const repository = `${registry.host}/signed/${name}`;
        const reference = await publishWithFlux(workshop, { tree, repository, tag: 'v1' });
        await cosignSign(workshop, style, { key: right.key, reference });

        const accepted = await deliver(workshop, {
          name,
          url: `oci://${repository}`,
          tag: 'v1',
          key: right.pub,
        });
        expect(accepted.outcome.code, accepted.outcome.stderr).toBe(0);
        expect(accepted.objects).toEqual(objectsById(...Object.values(smallTree)));

        const refused = await deliver(workshop, {
          name: `${name}-wrong`,
          url: `oci://${repository}`,
          tag: 'v1',
          key: wrong.pub,
        });
        expect(refused.outcome.code, refused.outcome.stderr).toBe(REFUSED);
        expect(refused.outcome.stderr).toContain('SIGNATURE_KEY_UNKNOWN');
        expect(refused.objects).toEqual({});
      });

      it('refuses what nobody signed', async () => {
        const repository = `${registry.host}/unsigned`;
        await publishWithFlux(workshop, { tree, repository, tag: 'v1' });
        const { outcome, objects } = await deliver(workshop, {
          name: 'unsigned',
          url: `oci://${repository}`,
          tag: 'v1',
          key: right.pub,
        });
        expect(outcome.code, outcome.stderr).toBe(REFUSED);
        expect(outcome.stderr).toContain('SIGNATURE_MISSING');
        expect(objects).toEqual({});
      });
    });
  },
);
