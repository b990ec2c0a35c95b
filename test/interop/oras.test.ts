import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { startDistribution } from './harness/distribution.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { readTree, smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

interface Discovery {
  readonly digest: string;
  readonly referrers?: readonly { readonly digest: string; readonly artifactType: string }[];
}

describeWithPeers('oras with our registry', ['oras', 'registry'], () => {
  let workshop: Workshop;
  let ours: LiveRegistry;
  let distribution: LiveRegistry;
  let tree: string;

  /** The annotation makes each artifact another: an image layout shares the manifests of its repositories. */
  async function publish(reference: string): Promise<void> {
    await workshop.runIn(
      tree,
      'oras',
      'push',
      '--plain-http',
      '--artifact-type',
      'application/vnd.example.tree',
      '--annotation',
      `org.example.pushed-as=${reference}`,
      reference,
      'config.yaml:text/yaml',
      'web/service.yaml:text/yaml',
      'web-2.yaml:text/yaml',
    );
  }

  async function attach(reference: string, text: string): Promise<void> {
    const folder = writeTree(workshop.path(`note-${text}`), { 'note.txt': text });
    await workshop.runIn(
      folder,
      'oras',
      'attach',
      '--plain-http',
      '--artifact-type',
      'application/vnd.example.note',
      reference,
      'note.txt:text/plain',
    );
  }

  async function discover(reference: string, ...more: readonly string[]): Promise<Discovery> {
    const { stdout } = await workshop.run(
      'oras',
      'discover',
      '--plain-http',
      '--format',
      'json',
      ...more,
      reference,
    );
    return JSON.parse(stdout) as Discovery;
  }

  async function pulled(reference: string): Promise<Readonly<Record<string, string>>> {
    const folder = workshop.path('pulled', reference.replace(/\W/g, '-'));
    mkdirSync(folder);
    await workshop.run('oras', 'pull', '--plain-http', '--output', folder, reference);
    return readTree(folder);
  }

  beforeAll(async () => {
    workshop = new Workshop();
    ours = await startOurs(workshop);
    distribution = await startDistribution(workshop);
    tree = writeTree(workshop.path('tree'), smallTree);
  });

  afterAll(async () => {
    await distribution?.close();
    await ours?.close();
    workshop?.close();
  });

  it('pulls the bytes it pushed', async () => {
    await publish(`${ours.host}/oras/tree:v1`);
    expect(await pulled(`${ours.host}/oras/tree:v1`)).toEqual(smallTree);
  });

  it('finds what it attached through the referrers API, and filters by type', async () => {
    const reference = `${ours.host}/oras/attached:v1`;
    await publish(reference);
    await attach(reference, 'one');
    await attach(reference, 'two');

    const all = await discover(reference);
    expect(all.referrers?.map((referrer) => referrer.artifactType)).toEqual([
      'application/vnd.example.note',
      'application/vnd.example.note',
    ]);
    const other = await discover(reference, '--artifact-type', 'application/vnd.example.other');
    expect(other.referrers ?? []).toEqual([]);
    // The API is there, so nobody wrote a fallback tag.
    const { stdout: tags } = await workshop.run(
      'oras',
      'repo',
      'tags',
      '--plain-http',
      `${ours.host}/oras/attached`,
    );
    expect(tags.trim().split('\n')).toEqual(['v1']);
  });

  it.each([
    ['from the CNCF registry into ours', () => [distribution, ours] as const],
    ['from ours into the CNCF registry', () => [ours, distribution] as const],
    ['from ours into ours', () => [ours, ours] as const],
  ])('copies an artifact with its referrers %s', async (title, pick) => {
    const [from, to] = pick();
    const name = title.replaceAll(' ', '-').toLowerCase();
    const source = `${from.host}/cp/${name}:v1`;
    const destination = `${to.host}/cp/copied/${name}:v1`;
    await publish(source);
    await attach(source, 'kept');
    await workshop.run(
      'oras',
      'cp',
      '--recursive',
      '--from-plain-http',
      '--to-plain-http',
      source,
      destination,
    );

    const [before, after] = [await discover(source), await discover(destination)];
    expect(before.referrers).toHaveLength(1);
    expect(after.referrers?.map((referrer) => referrer.digest)).toEqual(
      before.referrers?.map((referrer) => referrer.digest),
    );
    expect(await pulled(destination)).toEqual(smallTree);
  });

  it('loses no tag when many push at the same time', async () => {
    const tags = Array.from({ length: 8 }, (_, index) => `v${index}`);
    await Promise.all(tags.map((tag) => publish(`${ours.host}/oras/crowd:${tag}`)));
    const repository = `${ours.host}/oras/crowd`;
    const { stdout } = await workshop.run('oras', 'repo', 'tags', '--plain-http', repository);
    expect(stdout.trim().split('\n').sort()).toEqual(tags);
  });

  it('pushes and reads single blobs', async () => {
    const folder = writeTree(workshop.path('blob'), { 'large.bin': 'sealift '.repeat(300_000) });
    const repository = `${ours.host}/oras/blobs`;
    const { stdout } = await workshop.runIn(
      folder,
      'oras',
      'blob',
      'push',
      '--plain-http',
      '--descriptor',
      repository,
      'large.bin',
    );
    const { digest, size } = JSON.parse(stdout) as { readonly digest: string; readonly size: number };
    const blob = await workshop.run(
      'oras',
      'blob',
      'fetch',
      '--plain-http',
      '--output',
      '-',
      `${repository}@${digest}`,
    );
    expect(blob.bytes.length).toBe(size);
    expect(blob.stdout).toBe('sealift '.repeat(300_000));
  });

  it('deletes a manifest and then finds it gone', async () => {
    const reference = `${ours.host}/oras/deleted:v1`;
    await publish(reference);
    const { digest } = JSON.parse(
      (await workshop.run('oras', 'manifest', 'fetch', '--plain-http', '--descriptor', reference)).stdout,
    ) as { readonly digest: string };
    await workshop.run(
      'oras',
      'manifest',
      'delete',
      '--plain-http',
      '--force',
      `${ours.host}/oras/deleted@${digest}`,
    );
    const gone = await workshop.attempt('oras', 'manifest', 'fetch', '--plain-http', reference);
    expect(gone.code).not.toBe(0);
    expect(gone.stderr).toContain('not found');
  });
});
