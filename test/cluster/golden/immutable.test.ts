import { expect, it } from 'vitest';
import { describeReplay } from './replay.ts';

const title = 'recorded scenario 06b: immutable fields, without force and with it';

describeReplay(title, { number: '06b', namespace: 'immut' }, (of) => {
  const latest = { tag: 'latest' };

  it('is refused without force, recreated with the annotation or with spec.force', async () => {
    const replay = of();
    await replay.push('tree-v1', latest);
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.succeeds();

    await replay.push('tree-v2', latest);
    await replay.poll();
    await replay.arrives('no-force');

    await replay.push('tree-v3', latest);
    await replay.poll();
    await replay.arrives('object-force');

    replay.apply('kustomization-force.yaml');
    await replay.push('tree-v2', latest);
    await replay.poll();
    await replay.arrives('spec-force');

    await replay.push('tree-v4', latest);
    await replay.poll();
    await replay.succeeds();
    await replay.push('tree-v5', latest);
    await replay.poll();
    await replay.arrives('deployment-recreated');
  });

  it('surprise 5: with force, an object that is refused does not cost the one that is there', async () => {
    const replay = of();
    const deployment = (): Promise<string> =>
      replay.kubectl('get', 'deployment/web', '--output=jsonpath={.metadata.uid} {.spec.selector}');
    const before = await deployment();
    await replay.push('tree-v6', latest);
    await replay.poll();
    await replay.arrives();
    expect(await deployment()).toBe(before);
  });
});
