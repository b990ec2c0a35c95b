import { it } from 'vitest';
import { describeReplay } from './replay.ts';

describeReplay('recorded scenario 15: an ExternalArtifact', { number: '15', namespace: 'ext' }, (of) => {
  it('is refused as by Flux without its feature gate', async () => {
    const replay = of();
    replay.apply('kustomization.yaml');
    await replay.arrives('gate-off');
  });
});
