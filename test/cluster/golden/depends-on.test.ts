import { it } from 'vitest';
import { describeReplay } from './replay.ts';

describeReplay('recorded scenario 08: dependsOn', { number: '08', namespace: 'deps' }, (of) => {
  // The recorded intervals are an hour: no timer helps within the time of a test.
  it('surprise 22: waits for what is missing, failing or not yet of the same revision, and starts as soon as it is', async () => {
    const replay = of();
    // The first revision was not kept: any other artifact stands for it.
    await replay.push('tree', { files: { 'note.txt': 'first' } });
    replay.apply('source.yaml');
    replay.apply('top.yaml');
    replay.apply('base-broken.yaml');
    await replay.run('top');
    await replay.alias('not-ready');
    await replay.arrives('not-ready');

    replay.apply('base.yaml');
    await replay.arrives('ready');

    await replay.push('tree');
    await replay.poll();
    for (const name of ['expr', 'expr-invalid', 'expr-missing-key']) replay.apply(`${name}.yaml`);
    await replay.arrives('expr');

    replay.site.annotate('Kustomization', 'base', { labels: { phase: 'expr' } });
    await replay.run('expr');
    await replay.arrives();
  });
});
