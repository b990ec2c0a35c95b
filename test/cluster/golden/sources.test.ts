import { it } from 'vitest';
import { describeReplay, type Replay } from './replay.ts';

describeReplay(
  'recorded scenario 04a: what a source follows',
  { number: '04a', namespace: 'ocirefs', peers: ['oras'] },
  (of) => {
    /** Two layers, the first of which is no archive. */
    const pushLayers = ({ recording, site: { registry } }: Replay): Promise<unknown> =>
      registry.workshop.runIn(
        recording.tree(''),
        'oras',
        'push',
        '--plain-http',
        '--artifact-type=application/vnd.example',
        '--annotation=org.opencontainers.image.created=1970-01-01T00:00:00Z',
        `${registry.host}/ocirefs/app:multi`,
        'plain.txt:text/plain',
        'layer.tar.gz:application/vnd.example.tar+gzip',
      );

    it('takes the revision and the layer that Flux takes', async () => {
      const replay = of();
      for (const tag of ['1.0.0', '1.1.0', '1.2.0-rc.1', '1.2.0-beta.1', 'v2.0.0', 'latest'])
        await replay.push('tree', { tag, files: { 'version.txt': `${tag}\n` } });
      await pushLayers(replay);
      replay.apply('sources.yaml');
      await replay.has('semver-range', '1.1.0@');
      await replay.site.registry.untag('ocirefs/app', '1.1.0');
      await replay.poll('semver-range');
      await replay.poll('digest');
      await replay.arrives();
    });
  },
);

describeReplay(
  'recorded scenario 04b: how a source fails',
  { number: '04b', namespace: 'ocierr', peers: ['oras'] },
  (of) => {
    it('says what is wrong, by the reasons of Flux', async () => {
      const replay = of();
      const { registry } = replay.site;
      await replay.push('tree');
      await replay.push('tree', { tag: '1.0.0' });
      const text = ['--plain-http', `${registry.host}/ocierr/app:text`, 'plain.txt:text/plain'];
      await registry.workshop.runIn(replay.recording.tree(''), 'oras', 'push', ...text);
      // Nobody listens there.
      replay.site.translate('localhost:5999', '127.0.0.1:1');
      replay.apply('sources.yaml');
      await replay.arrives();
    });
  },
);

const guarded = { number: '04c', namespace: 'ociauth', site: { guarded: true } };

describeReplay('recorded scenario 04c: passwords', guarded, (of) => {
  it('takes the password of the Secret, and a corrected one', async () => {
    const replay = of();
    await replay.push('tree');
    replay.site.apply(replay.recording.input('objects.yaml').filter(({ kind }) => kind !== 'ServiceAccount'));
    await replay.fails('wrong');
    replay.apply('secret-corrected.yaml');
    await replay.arrives();
  });
});

describeReplay('recorded scenario 04d: no registry', { number: '04d', namespace: 'ocidown' }, (of) => {
  it('keeps what it has without the registry and while suspended, then takes what came', async () => {
    const replay = of();
    const cm = replay.recording.text('tree/cm.yaml').replace(/#\n$/, '');
    await replay.push('tree', { files: { 'cm.yaml': cm } });
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.succeeds();
    await replay.site.registry.stop();
    await replay.poll();
    await replay.run();
    await replay.arrives('down');

    await replay.site.registry.start();
    await replay.poll();
    await replay.arrives('up');

    replay.apply('source-suspended.yaml');
    await replay.push('tree');
    replay.site.request('OCIRepository', 'app');
    await replay.arrives('suspended');

    replay.apply('source.yaml');
    await replay.arrives();
  });
});
