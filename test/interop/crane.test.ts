import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { readTree, smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

interface ImageManifest {
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

describeWithPeers('crane with our registry', ['crane', 'oras'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let tree: string;

  /** Publishes the small tree as an image of one layer and answers its reference. */
  async function publish(repository: string): Promise<string> {
    const reference = `${registry.host}/${repository}:v1`;
    await workshop.runIn(tree, 'oras', 'push', '--plain-http', reference, 'config.yaml', 'web-2.yaml');
    return reference;
  }

  beforeAll(async () => {
    workshop = new Workshop();
    registry = await startOurs(workshop);
    tree = writeTree(workshop.path('tree'), smallTree);
  });

  afterAll(async () => {
    await registry?.close();
    workshop?.close();
  });

  it('reads manifest and blobs as they were pushed', async () => {
    const reference = await publish('read/bytes');
    const { stdout: digest } = await workshop.run('crane', 'digest', reference);
    const { stdout: manifest } = await workshop.run('crane', 'manifest', reference);
    const [layer] = (JSON.parse(manifest) as ImageManifest).layers;
    const { stdout: blob } = await workshop.run(
      'crane',
      'blob',
      `${registry.host}/read/bytes@${layer?.digest}`,
    );

    expect(digest.trim()).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(blob).toBe(smallTree['config.yaml']);
  });

  it('takes an image that crane builds, and gives it back whole', async () => {
    const tar = workshop.path('layer.tar');
    await workshop.runTool('tar', '-cf', tar, '-C', tree, '.');
    const reference = `${registry.host}/built/image:v1`;
    await workshop.run('crane', 'append', '--new_layer', tar, '--new_tag', reference);

    await workshop.run('crane', 'validate', '--remote', reference);
    const exported = workshop.path('exported.tar');
    await workshop.run('crane', 'export', reference, exported);
    const unpacked = workshop.path('exported', 'tree');
    await workshop.runTool('mkdir', unpacked);
    await workshop.runTool('tar', '-xf', exported, '-C', unpacked);
    expect(readTree(unpacked)).toEqual(smallTree);
  });

  it('pulls into an image layout and pushes from it under the same digest', async () => {
    const reference = await publish('pulled/app');
    const layout = workshop.path('pulled-layout');
    await workshop.run('crane', 'pull', '--format=oci', reference, layout);
    const again = `${registry.host}/pushed/app:v1`;
    await workshop.run('crane', 'push', layout, again);

    const { stdout: manifest } = await workshop.run('crane', 'manifest', reference);
    const index = JSON.parse(readFileSync(`${layout}/index.json`, 'utf8')) as {
      readonly manifests: readonly { readonly digest: string }[];
    };
    const { stdout: child } = await workshop.run(
      'crane',
      'manifest',
      `${registry.host}/pushed/app@${index.manifests[0]?.digest}`,
    );
    expect(child).toBe(manifest);
  });

  it('copies between repositories, tags, lists and deletes', async () => {
    const reference = await publish('copy/from');
    const copy = `${registry.host}/copy/to:v1`;
    await workshop.run('crane', 'copy', reference, copy);
    await workshop.run('crane', 'tag', copy, 'v2');

    const { stdout: digest } = await workshop.run('crane', 'digest', reference);
    const { stdout: copied } = await workshop.run('crane', 'digest', `${registry.host}/copy/to:v2`);
    const { stdout: tags } = await workshop.run('crane', 'ls', `${registry.host}/copy/to`);
    expect(copied).toBe(digest);
    expect(tags.trim().split('\n').sort()).toEqual(['v1', 'v2']);

    await workshop.run('crane', 'delete', `${registry.host}/copy/to@${digest.trim()}`);
    const gone = await workshop.attempt('crane', 'manifest', `${registry.host}/copy/to:v2`);
    expect(gone.code).not.toBe(0);
    expect(gone.stderr).toContain('MANIFEST_UNKNOWN');
    const { stdout: kept } = await workshop.run('crane', 'digest', reference);
    expect(kept).toBe(digest);
  });

  it('says in the words of the specification what is not there', async () => {
    const tag = await workshop.attempt('crane', 'manifest', `${registry.host}/nobody/pushed:this`);
    expect(tag.code).not.toBe(0);
    expect(tag.stderr).toMatch(/MANIFEST_UNKNOWN|NAME_UNKNOWN/);
  });
});
