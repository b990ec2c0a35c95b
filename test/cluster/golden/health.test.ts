import { expect, it } from 'vitest';
import { patiently } from './awaited-site.ts';
import { describeReplay, type Replay } from './replay.ts';

const scenario = {
  number: '07b',
  namespace: 'health',
  leaves: ['customresourcedefinition/tasks.health.example.com'],
};

/** Says in a Task's status how far it is, once it is there. */
async function setPhase({ admin, namespace }: Replay, name: string, phase: string): Promise<void> {
  const patch = ['patch', `tasks.health.example.com/${name}`, `--namespace=${namespace}`];
  const how = ['--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status: { phase } })}`];
  const code = async (): Promise<number | null> => (await admin.tryKubectl(...patch, ...how)).code;
  await expect.poll(code, patiently).toBe(0);
}

describeReplay('recorded scenario 07b: health checks', scenario, (of) => {
  it('holds objects against health checks and expressions, in the words of Flux', async () => {
    const replay = of();
    await replay.push('tree');
    replay.apply('source.yaml');
    replay.apply('kustomization-crd.yaml');
    await replay.succeeds('crd');
    const first = ['configmap-only', 'expr-done', 'expr-failed', 'no-expr', 'stuck', 'expr-invalid'];
    replay.apply('kustomizations.yaml', ...first);
    await setPhase(replay, 'a', 'Busy');
    await setPhase(replay, 'a', 'Done');
    await setPhase(replay, 'b', 'Broken');
    await replay.arrives('', { only: ['crd', ...first].join() });

    // Three deliveries have one ConfigMap, which has one owner here: one after another.
    replay.site.remove('Kustomization', 'configmap-only');
    replay.apply('kustomizations.yaml', 'check-missing');
    await replay.arrives('', { only: 'check-missing' });
    replay.site.remove('Kustomization', 'check-missing');
    replay.apply('kustomizations.yaml', 'check-other');
    await replay.arrives('', { only: 'check-other' });
  });
});
