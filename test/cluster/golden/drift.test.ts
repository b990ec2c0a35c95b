import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { describeReplay } from './replay.ts';

const written = ['plain', 'merge', 'if-not-present', 'prune-disabled', 'reconcile-later'];

describeReplay('recorded scenario 10: drift', { number: '10', namespace: 'drift' }, (of) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealift-drift-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Applies a ConfigMap as another hand. */
  const applied = async (name: string, data: object, ...how: readonly string[]): Promise<string> => {
    const file = join(folder, `${name}.json`);
    const metadata = { name, namespace: of().namespace };
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }));
    return of().kubectl('apply', `--filename=${file}`, ...how);
  };

  it('surprise 10: leaves, repairs and prunes what Flux does, by the annotations of each object', async () => {
    const replay = of();
    await replay.push('tree-1');
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.arrives('applied');

    const edit = { data: { a: 'edited', b: 'added' }, metadata: { labels: { mine: 'yes' } } };
    for (const name of written)
      await replay.kubectl('patch', `configmap/${name}`, '--type=merge', `--patch=${JSON.stringify(edit)}`);
    await replay.run();
    await replay.arrives('drift-corrected');

    for (const name of ['plain', 'merge'])
      await applied(name, { c: 'other' }, '--server-side', '--field-manager=other');
    await replay.run();
    await replay.arrives('other-manager');

    await applied('plain', { a: '2', d: 'kubectl' });
    await replay.run();
    await replay.arrives('kubectl-apply');

    await replay.kubectl('delete', 'configmap/plain');
    await replay.run();
    await replay.kubectl(
      'annotate',
      'configmap/reconcile-later',
      'kustomize.toolkit.fluxcd.io/reconcile=disabled',
    );
    await replay.kubectl('create', 'configmap', 'ignore', '--from-literal=a=byhand');
    await replay.push('tree-2');
    await replay.poll();
    await replay.arrives('new-revision');

    await replay.push('tree-3');
    await replay.poll();
    await replay.arrives();
  });
});
