import { expect, it } from 'vitest';
import { describeReplay } from './replay.ts';

const scenario = { number: '06c', namespace: 'part', leaves: ['namespace/part-new'] };

describeReplay('recorded scenario 06c: an apply that fails in part', scenario, (of) => {
  it('surprise 8: what was applied is in the inventory, and goes with the next good revision', async () => {
    const replay = of();
    await replay.push('v1');
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.arrives('failed');
    // The Namespace had to be there before the refused one could be tried; nothing else was written.
    expect(
      await replay.admin.kubectl('get', 'configmaps', '--namespace=part-new', '--output=name'),
    ).not.toContain('configmap/ok');

    await replay.push('v2');
    await replay.poll();
    await replay.arrives();
  });
});
