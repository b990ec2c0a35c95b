import { expect, it } from 'vitest';
import { patiently } from './awaited-site.ts';
import { Recording } from './recording.ts';
import { describeReplay } from './replay.ts';

const shop = {
  number: '01',
  namespace: 'shop',
  leaves: ['namespace/shop-app', 'customresourcedefinition/widgets.shop.example.com'],
};

describeReplay('recorded scenarios 01 to 03: success, no change, new revisions', shop, (of) => {
  it('01: a namespace, a definition, its object and others come in one run, as Flux leaves them', async () => {
    const replay = of();
    await replay.push('tree-v1');
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.arrives();
  });

  it('03: what has not changed costs the API server no request, where Flux had 21 for each run', async () => {
    const replay = of();
    const recording = new Recording('03');
    const mark = await replay.cluster.audit.mark();
    await replay.poll();
    await replay.run();
    await replay.run();
    await replay.arrives('', { recording });
    const asked = (await replay.cluster.audit.since(mark)).filter(
      ({ user, verb }) => user.username === replay.user.name && verb !== 'watch',
    );
    expect(asked.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  });

  it('surprise 11: what changed is changed, what is new comes, what left goes', async () => {
    const replay = of();
    const recording = new Recording('02');
    await replay.site.registry.push(recording.tree('tree-v2'), 'shop/app');
    await replay.poll();
    await replay.arrives('new-revision', { recording });
    const deployment = (): Promise<unknown> =>
      replay.admin.ask('/apis/apps/v1/namespaces/shop-app/deployments/web');
    await expect.poll(deployment, patiently).toMatchObject({ status: 404 });

    replay.site.apply(recording.input('kustomization-no-prune.yaml'));
    await replay.site.registry.push(recording.tree('tree-v3'), 'shop/app');
    await replay.poll();
    await replay.arrives('no-prune', { recording });

    replay.site.apply(recording.input('kustomization.yaml'));
    await replay.push('tree-v1');
    await replay.poll();
    await replay.arrives('', { recording });
  });
});
