import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages, registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { Condition, Records, StateStore } from '../../api/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget } from '../../target/index.ts';
import { type AgentParts, Engine } from '../index.ts';

interface Status {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  readonly artifact?: { readonly revision: string };
  readonly lastAppliedRevision?: string;
  readonly inventory?: { readonly entries: readonly unknown[] };
}

/** Every status that whoever reads may have seen, oldest first. */
let sources: Status[];
let deliveries: Status[];
/** How many of them were on the disk when the write returned. */
let synced: { sources: number; deliveries: number };
let registry: FakeStages;
let clock: FakeClock;
let stop: AbortController;

function noting<T extends { readonly status: Status }>(
  records: Records<T>,
  seen: Status[],
  kind: keyof typeof synced,
): Records<T> {
  const note = (save: (record: T) => void) => (record: T) => {
    seen.push(record.status);
    save(record);
  };
  return {
    all: () => records.all(),
    find: (namespace, name) => records.find(namespace, name),
    remove: (namespace, name) => records.remove(namespace, name),
    save: note((record) => {
      synced[kind] += 1;
      records.save(record);
    }),
    saveDerived: note((record) => records.saveDerived(record)),
  };
}

beforeEach(() => {
  sources = [];
  deliveries = [];
  synced = { sources: 0, deliveries: 0 };
  registry = new FakeStages();
  registry.objects = [configMap('a')];
  clock = new FakeClock();
  stop = new AbortController();
});

afterEach(() => stop.abort());

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

async function start(): Promise<void> {
  const store = createMemoryStateStore();
  const state: StateStore = {
    ...store,
    sources: noting(store.sources, sources, 'sources'),
    deliveries: noting(store.deliveries, deliveries, 'deliveries'),
  };
  const parts: AgentParts = {
    stages: registry.stages,
    target: createMemoryTarget(),
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: false,
    listener: () => undefined,
  };
  void new Engine(parts, siteOf(sourceYaml('app') + deliveryYaml('app', 'app'))).run(stop.signal);
  await settleAll();
}

const readyIn = ({ conditions }: Status): Condition | undefined =>
  conditions.find(({ type }) => type === 'Ready');
const isReady = (status: Status): boolean => readyIn(status)?.status === 'True';

it('surprise 14: whoever is ready has what it says, in every status that is written', async () => {
  await start();
  registry.revision = 'v2';
  await clock.advance(60_000);
  await settleAll();
  const readySources = sources.filter(isReady);
  const readyDeliveries = deliveries.filter(isReady);
  expect(readySources.map(({ artifact }) => artifact?.revision)).toContain('stable@sha256:v2');
  expect(readyDeliveries.map(({ lastAppliedRevision }) => lastAppliedRevision)).toContain('stable@sha256:v2');
  for (const status of readySources)
    expect([readyIn(status)?.message, status.observedGeneration]).toEqual([
      `stored artifact for digest '${status.artifact?.revision}'`,
      1,
    ]);
  for (const status of readyDeliveries) {
    expect(readyIn(status)?.message).toBe(`Applied revision: ${status.lastAppliedRevision}`);
    expect(status.inventory?.entries).toHaveLength(1);
    expect(status.observedGeneration).toBe(1);
  }
});

it('surprise 16: a source that fails says so from one poll to the next', async () => {
  registry.failing.set('resolve', registryDown());
  await start();
  for (let minute = 0; minute < 10; minute += 1) {
    await clock.advance(60_000);
    await settleAll();
  }
  expect(sources.length).toBeGreaterThan(2);
  expect(new Set(sources.map((status) => readyIn(status)?.status))).toEqual(new Set(['False']));
});

it('surprise 16: so does a delivery, from one try to the next', async () => {
  registry.broken.add('app');
  await start();
  for (let minute = 0; minute < 30; minute += 1) {
    await clock.advance(60_000);
    await settleAll();
  }
  expect(deliveries.length).toBeGreaterThan(2);
  expect(new Set(deliveries.map((status) => readyIn(status)?.status))).toEqual(new Set(['False']));
});

it('waits for the disk when something is new, and for no pass that finds all as it was', async () => {
  await start();
  const [first, told] = [{ ...synced }, deliveries.length];
  for (let minute = 0; minute < 40; minute += 1) {
    await clock.advance(60_000);
    await settleAll();
  }
  expect(deliveries.length).toBeGreaterThan(told + 2);
  expect(synced).toEqual(first);
  registry.revision = 'v2';
  await clock.advance(60_000);
  await settleAll();
  expect(synced.sources).toBeGreaterThan(first.sources);
  expect(synced.deliveries).toBeGreaterThan(first.deliveries);
});
