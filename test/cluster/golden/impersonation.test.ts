import { it } from 'vitest';
import { describeReplay } from './replay.ts';

const mayNotDelete = JSON.stringify({
  rules: [
    {
      apiGroups: [''],
      resources: ['configmaps'],
      verbs: ['get', 'list', 'watch', 'create', 'patch', 'update'],
    },
  ],
});

describeReplay(
  'recorded scenario 13: impersonation',
  { number: '13', namespace: 'imp', isTimed: true },
  (of) => {
    it('acts as the account of the delivery, and leaves what it has when that is gone', async () => {
      const replay = of();
      await replay.push('tree');
      await replay.kubectl('apply', `--filename=${replay.recording.tree('sa.yaml')}`);
      replay.apply('source.yaml');
      replay.apply('kustomizations.yaml');
      await replay.arrives('denied');

      await replay.kubectl('apply', `--filename=${replay.recording.tree('rbac.yaml')}`);
      await replay.run();
      await replay.succeeds();
      await replay.run();
      await replay.succeeds();

      await replay.kubectl('patch', 'role/deployer', '--type=merge', `--patch=${mayNotDelete}`);
      replay.site.remove('Kustomization', 'app');
      await replay.arrives('delete-denied');

      await replay.kubectl('delete', 'serviceaccount/deployer');
      // The other one asks for the object as well, and so it was to be handed over: looked at again with every new configuration.
      await replay.run('no-account');
      await replay.arrives();
    });
  },
);
