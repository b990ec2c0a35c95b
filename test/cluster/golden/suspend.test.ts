import { it } from 'vitest';
import { describeReplay } from './replay.ts';

describeReplay('recorded scenario 17: suspend', { number: '17', namespace: 'susp' }, (of) => {
  it('does nothing while suspended, then what came meanwhile', async () => {
    const replay = of();
    await replay.push('v1');
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.succeeds();
    replay.apply('kustomization-suspended.yaml');
    await replay.arrives('suspended');
    replay.site.request('Kustomization', 'app');
    await replay.arrives('suspended-requested');
    await replay.push('v2');
    await replay.poll();

    replay.apply('kustomization.yaml');
    await replay.succeeds();
    replay.site.annotate('Kustomization', 'app', { labels: { some: 'label' } });
    replay.site.specify('app', { interval: '2h' });
    await replay.arrives();
  });
});
