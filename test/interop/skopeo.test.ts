import { copy, openLayout, RemoteRepository, Transport } from 'oci-client-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

const plain = ['--src-tls-verify=false', '--dest-tls-verify=false', '--insecure-policy'];

describeWithPeers('skopeo, crane and oras with our registry and layouts', ['skopeo', 'crane', 'oras'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let transport: Transport;
  let digest: string;
  const at = (repository: string): RemoteRepository =>
    new RemoteRepository({ host: registry.host, repository, transport });

  async function skopeoCopy(from: string, to: string): Promise<void> {
    await workshop.run('skopeo', 'copy', '--preserve-digests', ...plain, from, to);
  }

  async function digestIn(repository: string, tag = 'v1'): Promise<string> {
    const { stdout } = await workshop.run('crane', 'digest', `${registry.host}/${repository}:${tag}`);
    return stdout.trim();
  }

  /** Crane makes an image of docker's types; skopeo turns it into one of OCI's. */
  beforeAll(async () => {
    workshop = new Workshop();
    registry = await startOurs(workshop);
    transport = new Transport();
    const tar = workshop.path('layer.tar');
    await workshop.runTool('tar', '-cf', tar, '-C', writeTree(workshop.path('tree'), smallTree), '.');
    const docker = `${registry.host}/docker/image:v1`;
    await workshop.run('crane', 'append', '--new_layer', tar, '--new_tag', docker);
    const types = ['--format', 'oci', ...plain];
    await workshop.run(
      'skopeo',
      'copy',
      ...types,
      `docker://${docker}`,
      `docker://${registry.host}/oci/image:v1`,
    );
    digest = await digestIn('oci/image');
  });

  afterAll(async () => {
    await transport?.close();
    await registry?.close();
    workshop?.close();
  });

  it('skopeo inspects, lists and deletes', async () => {
    const image = `docker://${registry.host}/oci/image`;
    const inspected = await workshop.run('skopeo', 'inspect', '--tls-verify=false', `${image}:v1`);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: digest, RepoTags: ['v1'] });
    await skopeoCopy(`${image}:v1`, `docker://${registry.host}/oci/deleted:v1`);
    await workshop.run('skopeo', 'delete', '--tls-verify=false', `docker://${registry.host}/oci/deleted:v1`);
    const left = await workshop.attempt('crane', 'digest', `${registry.host}/oci/deleted:v1`);
    expect(left.code).not.toBe(0);
    expect(await digestIn('oci/image')).toBe(digest);
  });

  it('we read the layout that skopeo wrote, and copy it back whole', async () => {
    const folder = workshop.path('by-skopeo');
    await skopeoCopy(`docker://${registry.host}/oci/image:v1`, `oci:${folder}:v1`);
    const layout = await openLayout(folder, { missing: 'refuse' });
    expect(await layout.repository().resolve('v1')).toMatchObject({ descriptor: { digest } });
    await copy(layout.repository(), at('from/skopeo'), 'v1');
    await workshop.run('crane', 'validate', '--remote', `${registry.host}/from/skopeo:v1`);
    expect(await digestIn('from/skopeo')).toBe(digest);
  });

  it('skopeo reads the layout that we wrote, and adds to it without losing ours', async () => {
    const folder = workshop.path('by-us');
    const layout = await openLayout(folder);
    await copy(at('oci/image'), layout.repository(), 'v1');
    await skopeoCopy(`oci:${folder}:v1`, `docker://${registry.host}/from/us:v1`);
    expect(await digestIn('from/us')).toBe(digest);

    await skopeoCopy(`docker://${registry.host}/oci/image:v1`, `oci:${folder}:v2`);
    const tags: string[] = [];
    for await (const tag of layout.repository().tags()) tags.push(tag);
    expect(tags.sort()).toEqual(['v1', 'v2']);
  });

  it('crane and oras read the layout that we wrote', async () => {
    const folder = workshop.path('for-both');
    await copy(at('oci/image'), (await openLayout(folder)).repository(), 'v1');
    const oras = `${registry.host}/from/oras:v1`;
    await workshop.run('oras', 'cp', '--from-oci-layout', '--to-plain-http', `${folder}:v1`, oras);
    expect(await digestIn('from/oras')).toBe(digest);
    await workshop.run('crane', 'push', folder, `${registry.host}/from/crane:v1`);
    const pushed = await workshop.run('crane', 'manifest', `${registry.host}/from/crane@${digest}`);
    expect(pushed.code).toBe(0);
  });

  it('we read the layouts that crane and oras wrote', async () => {
    const image = `${registry.host}/oci/image:v1`;
    const [byCrane, byOras] = [workshop.path('by-crane'), workshop.path('by-oras')];
    await workshop.run('crane', 'pull', '--format=oci', image, byCrane);
    await workshop.run('oras', 'cp', '--from-plain-http', '--to-oci-layout', image, `${byOras}:v1`);
    const [crane, oras] = [await openLayout(byCrane), await openLayout(byOras)];
    expect(await crane.repository().resolve(digest)).toMatchObject({ descriptor: { digest } });
    expect(await oras.repository().resolve('v1')).toMatchObject({ descriptor: { digest } });
    await copy(crane.repository(), at('from/crane-layout'), digest, { tag: 'v1' });
    await workshop.run('crane', 'validate', '--remote', `${registry.host}/from/crane-layout:v1`);
  });
});
