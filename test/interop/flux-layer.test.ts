import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { type LayerEntry, layerEntries } from './harness/layer-entries.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { publishWithFlux, publishWithSealift } from './harness/publish.ts';
import { writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

/** What a tree may hold that packers treat differently. */
function awkwardTree(folder: string): string {
  const long = 'a-folder-with-a-name-that-leaves-the-old-tar-header-no-room-for-the-rest-of-its-path-at-all';
  writeTree(folder, {
    'kustomization.yaml': 'resources:\n  - app.yaml\n',
    'app.yaml': 'kind: ConfigMap\n',
    'a/b/nested.yaml': 'kind: Secret\n',
    'a-b.yaml': 'kind: Sorted\n',
    'a.yaml': 'kind: Before\n',
    'private.yaml': 'kind: Private\n',
    'run.sh': '#!/bin/sh\n',
    '.hidden/file.yaml': 'kind: Hidden\n',
    '.sourceignore': 'left-out.yaml\n',
    'left-out.yaml': 'kind: LeftOut\n',
    'naïve – name.yaml': 'kind: Unicode\n',
    [`${long}/and-a-file-in-it-whose-name-is-long-as-well.yaml`]: 'kind: Long\n',
    'picture.png': 'not really',
    'inner.tar.gz': 'not really',
    '.git/config': '[core]\n',
    '.gitignore': 'build/\n',
  });
  chmodSync(join(folder, 'run.sh'), 0o755);
  chmodSync(join(folder, 'private.yaml'), 0o600);
  mkdirSync(join(folder, 'empty'));
  symlinkSync('app.yaml', join(folder, 'link.yaml'));
  symlinkSync('a', join(folder, 'linked-folder'));
  return folder;
}

/** [reason, entry it shows in]. */
const differences = [
  ['.sourceignore is obeyed when packing, not only when unpacking', 'left-out.yaml'],
  [
    'only the executable bit of a file counts: the rest depends on the umask of whoever packs',
    'private.yaml',
  ],
] as const;

describeWithPeers(
  'the layer of `sealift push` and of `flux push artifact --reproducible`',
  ['crane', 'flux'],
  () => {
    let workshop: Workshop;
    let registry: LiveRegistry;
    let byFlux: readonly LayerEntry[];
    let bySealift: readonly LayerEntry[];

    beforeAll(async () => {
      workshop = new Workshop();
      registry = await startOurs(workshop);
      const tree = awkwardTree(workshop.path('tree'));
      const flux = { tree, repository: `${registry.host}/packed/by-flux`, tag: 'v1' };
      const sealift = { tree, repository: `${registry.host}/packed/by-sealift`, tag: 'v1' };
      byFlux = await layerEntries(workshop, await publishWithFlux(workshop, flux));
      bySealift = await layerEntries(workshop, await publishWithSealift(workshop, sealift));
    });

    afterAll(async () => {
      await registry?.close();
      workshop?.close();
    });

    it('hold the same entries in the same order: names, modes, owners, times, bytes', () => {
      expect(bySealift).toEqual(byFlux.filter(isWanted).map(withoutUmask));
    });

    it.each(differences)('differ in this alone: %s', (_why, name) => {
      const [flux, sealift] = [byFlux, bySealift].map((entries) =>
        entries.find((entry) => entry.name === name),
      );
      expect(flux).toBeDefined();
      expect(sealift).not.toEqual(flux);
    });
  },
);

function isWanted(entry: LayerEntry): boolean {
  return entry.name !== 'left-out.yaml';
}

function withoutUmask(entry: LayerEntry): LayerEntry {
  if (entry.type !== 'file') return entry;
  return { ...entry, mode: (entry.mode & 0o100) === 0 ? 0o644 : 0o755 };
}
