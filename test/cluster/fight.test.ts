import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ComposedAgent, composeAgent } from '../../cmd/sealift/compose-agent.ts';
import { loadConfiguration } from '../../cmd/sealift/run-agent.ts';
import { systemClock } from '../../cmd/sealift/system-clock.ts';
import { Engine } from '../../src/agent/index.ts';
import type { Clock, SealiftEvent } from '../../src/core/index.ts';
import { CommandBench } from '../integration/harness/command-bench.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

/** Longer than a repair takes on a busy machine. */
const answerMs = 200_000;

/** For how long it is looked that there is no answer: on a slow machine that says less, and is no failure. */
const silenceMs = 10_000;

/** Rounds are slow on a busy machine: for the agent a second takes twenty. */
const slowClock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() / 20 };

describeWithPeers('a fight over a field, on a real API server', clusterPrograms, () => {
  const stop = new AbortController();
  const events: SealiftEvent[] = [];
  let cluster: Cluster;
  let namespace: string;
  let bench: CommandBench;
  let agent: ComposedAgent;
  let running: Promise<void>;

  beforeAll(async () => {
    cluster = sharedCluster();
    namespace = await cluster.createNamespace('fight');
    const user = await cluster.createUser(namespace, 'cluster-admin');
    bench = await CommandBench.start();
    const object = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ${namespace}}\ndata: {value: ours}\n`;
    await bench.write('tree/a.yaml', object);
    const reference = `oci://${bench.host}/app:stable`;
    await bench.succeed('push', reference, '-f', bench.path('tree'), '--source', 'x', '--revision', 'main');
    const configuration = await bench.write(
      'site.yaml',
      `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app, namespace: edge}
spec: {url: "oci://${bench.host}/app", interval: 1h, ref: {tag: stable}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${namespace}, namespace: edge}
spec: {interval: 1h, prune: true, sourceRef: {kind: OCIRepository, name: app}}
`,
    );
    const target = { kind: 'kubeconfig', path: user.kubeconfig } as const;
    const settings = { stateDirectory: bench.path('state'), target, searchPath: '', clock: slowClock };
    agent = await composeAgent(settings, [(event) => events.push(event)]);
    running = new Engine(agent.parts, await loadConfiguration(configuration)).run(stop.signal);
  });
  afterAll(async () => {
    stop.abort();
    await running;
    await agent.close();
    await bench.close();
  });

  const value = async (): Promise<string | undefined> => {
    const { status, body } = await cluster.user('admin').ask(`/api/v1/namespaces/${namespace}/configmaps/a`);
    return status === 200 ? (body as { readonly data: { readonly value: string } }).data.value : undefined;
  };

  /** Whether the field is the agent's before the time is up. */
  const answered = async (): Promise<boolean> => {
    const isFight = events.some(({ kind }) => kind === 'fight');
    const end = performance.now() + (isFight ? silenceMs : answerMs);
    while (performance.now() < end) {
      if ((await value()) === 'ours') return true;
      await sleep(20);
    }
    return false;
  };

  it('ends after five rounds, and names the field and the other manager', { timeout: 300_000 }, async () => {
    expect(await answered()).toBe(true);
    const patch = ['--type=merge', '--patch={"data":{"value":"theirs"}}', '--field-manager=rollouts'];
    let rounds = 0;
    do {
      await cluster.user('admin').kubectl('patch', 'configmap/a', `--namespace=${namespace}`, ...patch);
      rounds += 1;
    } while (rounds < 10 && (await answered()));
    expect(rounds).toBe(6);
    const message = new RegExp(`^ConfigMap/${namespace}/a: /data/value changed by rollouts again and again;`);
    expect(events.filter(({ kind }) => kind === 'fight')).toMatchObject([
      { message: expect.stringMatching(message) },
    ]);
    const { status } = agent.state.deliveries.find('edge', namespace) ?? {};
    expect(status?.conditions).toMatchObject([
      { type: 'Ready', status: 'True' },
      { type: 'Fighting', status: 'True', message: expect.stringMatching(message) },
    ]);
  });
});
