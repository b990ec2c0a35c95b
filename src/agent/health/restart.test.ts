import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { DeliveryRecord, DesiredState, StateStore } from '../../api/index.ts';
import { type KubernetesObject, refOf } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { Engine } from '../index.ts';

const second = 1_000;
const one: KubernetesObject = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'one', namespace: 'shop' },
};

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let stop: AbortController;
let done: Promise<void>;

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [one];
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  says('Reconciling');
});

/** Its controller says how the object is doing. */
function says(type: 'Ready' | 'Reconciling'): void {
  const conditions = [{ type, status: 'True', reason: 'Because', message: `it is ${type}` }];
  target.setStatus(refOf(one), { conditions });
}

function site(asked?: string): DesiredState {
  const yaml = deliveryYaml('app', 'app', '  wait: true\n  timeout: 5m');
  const annotations = `annotations: {reconcile.fluxcd.io/requestedAt: "${asked}"}`;
  const named = asked === undefined ? yaml : yaml.replace('edge}', `edge, ${annotations}}`);
  return siteOf(sourceYaml('app', '  suspend: true').replace('interval: 1m', 'interval: 24h') + named);
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

async function begin(desired = site()): Promise<void> {
  stop = new AbortController();
  done = new Engine(
    {
      stages: registry.stages,
      target,
      state,
      clock,
      random: { next: () => 0.5 },
      withdrawAll: true,
      listener: () => undefined,
    },
    desired,
  ).run(stop.signal);
  await settleAll();
}

async function end(): Promise<void> {
  stop.abort();
  await done;
}

async function pass(seconds: number): Promise<void> {
  await clock.advance(seconds * second);
  await settleAll();
}

const record = (): DeliveryRecord => state.deliveries.find('edge', 'app') ?? expect.unreachable();
const ready = (): string | undefined =>
  record().status.conditions.find(({ type }) => type === 'Ready')?.reason;

/** An agent that has waited for so long, and is gone. */
async function waited(seconds: number): Promise<void> {
  const first = siteOf(sourceYaml('app') + deliveryYaml('app', 'app', '  wait: true\n  timeout: 5m'));
  await begin(first);
  expect(ready()).toBe('Progressing');
  await pass(seconds);
  expect(ready()).toBe('Progressing');
  await end();
}

describe('an agent that starts while a delivery waits for its objects', () => {
  it('gives them the time that is left', async () => {
    await waited(180);
    await begin();
    await pass(110);
    expect(ready()).toBe('Progressing');
    await pass(11);
    expect(ready()).toBe('HealthCheckFailed');
    await end();
  });

  it('counts on through any number of starts', async () => {
    await waited(100);
    for (let starts = 0; starts < 3; starts += 1) {
      await begin();
      await pass(50);
      expect(ready()).toBe('Progressing');
      await end();
    }
    await begin();
    await pass(51);
    expect(ready()).toBe('HealthCheckFailed');
    await end();
  });

  it('looks at them for half a minute at least, however long nobody did', async () => {
    await waited(10);
    await pass(3_600);
    await begin();
    await pass(20);
    expect(ready()).toBe('Progressing');
    says('Ready');
    await settleAll();
    expect(ready()).toBe('ReconciliationSucceeded');
    expect(record()).not.toHaveProperty('waiting');
    await end();
  });

  it('begins anew where somebody asks', async () => {
    await waited(200);
    await begin(site('now'));
    await pass(290);
    expect(ready()).toBe('Progressing');
    await pass(11);
    expect(ready()).toBe('HealthCheckFailed');
    await end();
  });

  it('begins anew after a run that failed', async () => {
    await waited(200);
    registry.broken.add('app');
    await begin(site());
    expect(ready()).toBe('BuildFailed');
    await end();
    registry.broken.clear();
    await begin();
    await pass(290);
    expect(ready()).toBe('Progressing');
    await pass(11);
    expect(ready()).toBe('HealthCheckFailed');
    await end();
  });

  it('begins anew for another revision', async () => {
    await waited(200);
    registry.revision = 'v2';
    registry.objects = [{ ...one, spec: { other: true } }];
    await begin(siteOf(sourceYaml('app') + deliveryYaml('app', 'app', '  wait: true\n  timeout: 5m')));
    await pass(60);
    expect(record().status.lastAttemptedRevision).toBe('stable@sha256:v2');
    await pass(220);
    expect(ready()).toBe('Progressing');
    await end();
  });
});
