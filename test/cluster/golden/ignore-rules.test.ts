import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { describeReplay } from './replay.ts';

describeReplay(
  'recorded scenario 10b: fields that are left to others',
  { number: '10b', namespace: 'ign' },
  (of) => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sealift-left-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** Applies the number of Pods as another manager. */
    const applies = async (name: string, replicas: number): Promise<void> => {
      const file = join(folder, 'replicas.json');
      const metadata = { name, namespace: of().namespace };
      writeFileSync(
        file,
        JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas } }),
      );
      const how = ['--server-side', '--force-conflicts', '--field-manager=scaler'];
      await of().kubectl('apply', `--filename=${file}`, '--validate=false', ...how);
    };

    it('keeps a field as others left it, and all others as the artifact says', async () => {
      const replay = of();
      await replay.push('v1');
      replay.apply('source.yaml');
      replay.apply('kustomization.yaml');
      await replay.succeeds();
      await replay.kubectl('scale', 'deployment/web', '--replicas=0');
      await replay.run();
      await replay.arrives('scaled');

      await replay.push('v2');
      await replay.poll();
      await replay.arrives('new-image');

      await applies('web', 3);
      await replay.run();
      await replay.push('v3');
      await replay.poll();
      await replay.arrives();
    });
  },
);
