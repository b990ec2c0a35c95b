import { expect, it } from 'vitest';
import { patiently } from './awaited-site.ts';
import { describeReplay } from './replay.ts';

const letGo = '--patch={"metadata":{"finalizers":null}}';
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

    await replay.kubectl('patch', 'configmap/wait', '--type=merge', letGo);
    await replay.kubectl('wait', '--for=delete', 'configmap/wait', '--timeout=50s');
    const status = () => replay.site.delivery('wait', replay.namespace);
    await expect.poll(status, patiently).toBeUndefined();
    replay.apply('wait-again.yaml');
    await replay.succeeds('wait');
    replay.site.remove('Kustomization', 'wait');
    await replay.arrives();
  });

  it('surprise 25: when the time is up it has failed, and is forgotten only when the object is gone', async () => {
    const replay = of();
    const ready = (): unknown =>
      replay.site.delivery('wait', replay.namespace)?.conditions.find(({ type }) => type === 'Ready');
    const message = expect.stringContaining(
      'ConfigMap/del/wait is deleted and not gone yet, held by example.com/hold',
    );
    await expect.poll(ready, patiently).toMatchObject({ status: 'False', message });
    await replay.kubectl('patch', 'configmap/wait', '--type=merge', letGo);
    await expect.poll(ready, patiently).toBeUndefined();
  });
});
