import { it } from 'vitest';
import { describeReplay } from './replay.ts';

const names = ['prune-true', 'prune-false', 'orphan', 'delete', 'wait', 'suspended'];

describeReplay('recorded scenario 11: deletion policies', { number: '11', namespace: 'del' }, (of) => {
  it('takes back and leaves what Flux does when deliveries go', async () => {
    const replay = of();
    await replay.push('tree');
    replay.apply('source.yaml');
    replay.apply('kustomizations.yaml');
    for (const name of names) await replay.succeeds(name);
    replay.site.suspend('suspended');
    await replay.arrives('before');

    for (const name of names) replay.site.remove('Kustomization', name);
    await replay.arrives('while-waiting');

    const letGo = '--patch={"metadata":{"finalizers":null}}';
    await replay.kubectl('patch', 'configmap/wait', '--type=merge', letGo);
    await replay.kubectl('wait', '--for=delete', 'configmap/wait', '--timeout=50s');
    replay.apply('wait-again.yaml');
    await replay.succeeds('wait');
    replay.site.remove('Kustomization', 'wait');
    await replay.arrives();
    await replay.kubectl('patch', 'configmap/wait', '--type=merge', letGo);
  });
});
