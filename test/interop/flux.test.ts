import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { publishWithFlux } from './harness/publish.ts';
import { readTree, smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

describeWithPeers('flux with our registry', ['crane', 'flux'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let tree: string;

  async function pulled(reference: string): Promise<Readonly<Record<string, string>>> {
    const folder = workshop.path('pulled', reference.replace(/\W/g, '-'));
    mkdirSync(folder);
    await workshop.run('flux', 'pull', 'artifact', `oci://${reference}`, '--output', folder);
    return readTree(folder);
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

  it('pulls what it pushed, by tag and by digest', async () => {
    const repository = `${registry.host}/flux/pulled`;
    const byDigest = await publishWithFlux(workshop, { tree, repository, tag: 'v1' });
    expect(await pulled(`${repository}:v1`)).toEqual(smallTree);
    expect(await pulled(byDigest)).toEqual(smallTree);
  });

  it('gives a second tag and lists both, by range too', async () => {
    const repository = `${registry.host}/flux/tagged`;
    await publishWithFlux(workshop, { tree, repository, tag: '1.0.0' });
    await workshop.run('flux', 'tag', 'artifact', `oci://${repository}:1.0.0`, '--tag', '2.0.0');

    const list = ['list', 'artifacts', `oci://${repository}`];
    const { stdout: all } = await workshop.run('flux', ...list);
    const { stdout: first } = await workshop.run('flux', ...list, '--filter-semver', '<2');
    expect(all).toContain(`${repository}:1.0.0`);
    expect(all).toContain(`${repository}:2.0.0`);
    expect(first).not.toContain(`${repository}:2.0.0`);
  });

  it('sees no difference to the tree it pushed, and sees one to a changed tree', async () => {
    const repository = `${registry.host}/flux/compared`;
    await publishWithFlux(workshop, { tree, repository, tag: 'v1' });
    const diff = ['diff', 'artifact', `oci://${repository}:v1`, '--path'];
    await workshop.run('flux', ...diff, tree);
    const changed = writeTree(workshop.path('changed'), { ...smallTree, 'web-2.yaml': 'kind: Changed\n' });
    expect((await workshop.attempt('flux', ...diff, changed)).code).not.toBe(0);
  });
});
