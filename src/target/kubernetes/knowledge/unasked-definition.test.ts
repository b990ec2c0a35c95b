import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { refOf } from '../../../core/index.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'dbs.e.com' },
  spec: { group: 'e.com', names: { kind: 'Db' } },
};

it('what a definition defines is told to whoever does not ask for it any more, while it is watched, too', async () => {
  const cluster = new FakeCluster();
  cluster.kinds.add('apiextensions.k8s.io/CustomResourceDefinition');
  cluster.put(definition);
  const target = createKubernetesTarget({
    client: cluster,
    traces: createMemoryTraces(),
    clock: new FakeClock(),
    random: { next: () => 0.5 },
    podsOf: () => undefined,
  });
  const stop = new AbortController();
  const watching = target.watch(() => undefined, stop.signal);
  await settle();
  for (let round = 0; round < 2; round += 1) {
    expect(await target.observe(refOf(definition), undefined, stop.signal)).toMatchObject({
      kind: 'present',
      live: { spec: definition.spec },
    });
  }
  stop.abort();
  await watching;
});
