import { it } from 'vitest';
import { describeReplay } from './replay.ts';

describeReplay('recorded scenario 07a: wait', { number: '07a', namespace: 'wait', isTimed: true }, (of) => {
  it('times out, recovers, and tells a new revision that does not become ready from the one that is', async () => {
    const replay = of();
    await replay.push('tree');
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.arrives('timeout');

    const running = replay.run();
    const pod = (await replay.kubectl('get', 'pods', '--selector=app=web', '--output=name')).trim();
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    const patch = `--patch=${JSON.stringify({ status })}`;
    await replay.kubectl('patch', pod, '--subresource=status', '--type=merge', patch);
    await running;
    await replay.arrives('ready');
    await replay.run();
    await replay.arrives('ready');

    await replay.push('tree-v2');
    await replay.poll();
    await replay.arrives();
  });
});
