import { it } from 'vitest';
import { describeReplay } from './replay.ts';

const scenario = { number: '07c', namespace: 'cancel', isTimed: true };

describeReplay('recorded scenario 07c: a new revision while an older one is waited for', scenario, (of) => {
  it('ends the waiting for the older one', async () => {
    const replay = of();
    await replay.push('v1');
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.waits();
    await replay.push('v2');
    await replay.poll();
    await replay.succeeds();
    await replay.push('v1');
    await replay.poll();
    await replay.waits();
    replay.site.request('Kustomization', 'app');
    await replay.arrives();
  });
});
