import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { objectsById } from './harness/objects.ts';
import { publishWithFlux, publishWithSealift, sourceOf } from './harness/publish.ts';
import { registryKinds } from './harness/registries.ts';
import { deliver } from './harness/site.ts';
import { readTree, smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

describeWithPeers(
  'artifacts of other publishers and for other readers',
  ['crane', 'flux', 'oras', 'registry', 'kustomize'],
  () => {
    describe.each(registryKinds)('in $title', ({ start }) => {
      let workshop: Workshop;
      let registry: LiveRegistry;
      let tree: string;
      const expected = objectsById(...Object.values(smallTree));

      beforeAll(async () => {
        workshop = new Workshop();
        registry = await start(workshop);
        tree = writeTree(workshop.path('tree'), smallTree);
      });

      afterAll(async () => {
        await registry?.close();
        workshop?.close();
      });

      it('delivers what `flux push artifact` published', async () => {
        const repository = `${registry.host}/by/flux`;
        await publishWithFlux(workshop, { tree, repository, tag: 'v1' });
        const { outcome, objects } = await deliver(workshop, {
          name: 'by-flux',
          url: `oci://${repository}`,
          tag: 'v1',
        });
        expect(outcome.code, outcome.stderr).toBe(0);
        expect(objects).toEqual(expected);
      });

      it('delivers a folder that `oras push` published', async () => {
        const repository = `${registry.host}/by/oras`;
        await workshop.run('oras', 'push', '--plain-http', `${repository}:v1`, './tree');
        const { outcome, objects } = await deliver(workshop, {
          name: 'by-oras',
          url: `oci://${repository}`,
          tag: 'v1',
          path: './tree',
        });
        expect(outcome.code, outcome.stderr).toBe(0);
        expect(objects).toEqual(expected);
      });

      it('delivers the second layer of an `oras push` when it is asked for by type', async () => {
        const repository = `${registry.host}/by/oras-layers`;
        const mediaType = 'application/vnd.cncf.flux.content.v1.tar+gzip';
        writeTree(workshop.folder, { 'readme.txt': 'not a layer to unpack' });
        await workshop.runTool('tar', '-czf', 'content.tgz', '-C', tree, '.');
        const layers = ['readme.txt:text/plain', `content.tgz:${mediaType}`];
        await workshop.run('oras', 'push', '--plain-http', `${repository}:v1`, ...layers);
        const { outcome, objects } = await deliver(workshop, {
          name: 'by-oras-layers',
          url: `oci://${repository}`,
          tag: 'v1',
          mediaType,
        });
        expect(outcome.code, outcome.stderr).toBe(0);
        expect(objects).toEqual(expected);
      });

      it('gives `flux pull artifact` the tree that `sealift push` published', async () => {
        const repository = `${registry.host}/by/sealift`;
        await publishWithSealift(workshop, { tree, repository, tag: 'v1' });
        const folder = workshop.path('pulled-by-flux', 'tree');
        mkdirSync(folder);
        await workshop.run('flux', 'pull', 'artifact', `oci://${repository}:v1`, '--output', folder);
        expect(readTree(folder)).toEqual(smallTree);
      });

      it('shows `flux list artifacts` where a pushed tree came from', async () => {
        const repository = `${registry.host}/by/sealift-listed`;
        await publishWithSealift(workshop, { tree, repository, tag: 'v1' });
        const { stdout } = await workshop.run('flux', 'list', 'artifacts', `oci://${repository}`);
        expect(stdout).toContain(sourceOf(repository));
        expect(stdout).toContain('v1@sha1:0123456789abcdef0123456789abcdef01234567');
      });

      it('survives a copy by `crane copy`, digest for digest', async () => {
        const repository = `${registry.host}/by/sealift-copied`;
        const reference = await publishWithSealift(workshop, { tree, repository, tag: 'v1' });
        const copy = `${registry.host}/copies/of-sealift`;
        await workshop.run('crane', 'copy', reference, `${copy}:v1`);
        const { outcome, objects } = await deliver(workshop, {
          name: 'copied',
          url: `oci://${copy}`,
          tag: 'v1',
        });
        expect(outcome.code, outcome.stderr).toBe(0);
        expect(objects).toEqual(expected);
      });
    });
  },
);
