import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakePlaces } from '../../../test/fakes/fake-places.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { DeliveryRecord, DesiredState, StateStore } from '../../api/index.ts';
import { refOf } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { Engine } from '../index.ts';

const east = 'https://east.test';
const west = 'https://west.test';

let site: MemoryTarget;
let places: FakePlaces;
let state: StateStore;
let stop: AbortController;

beforeEach(() => {
  site = createMemoryTarget();
  places = new FakePlaces(site);
  state = createMemoryStateStore();
  stop = new AbortController();
});

afterEach(() => stop.abort());

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

async function start(desired: DesiredState): Promise<Engine> {
  const registry = new FakeStages();
  registry.objects = [configMap('a'), configMap('b')];
  const parts = { stages: registry.stages, target: site, places, state, clock: new FakeClock() };
  const random = { next: () => 0.5 };
  const engine = new Engine({ ...parts, random, withdrawAll: true, listener: () => undefined }, desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

async function goOn(engine: Engine, desired: DesiredState): Promise<void> {
  engine.replace(desired);
  await settleAll();
}

async function restart(desired: DesiredState): Promise<Engine> {
  stop.abort();
  await settleAll();
  stop = new AbortController();
  return start(desired);
}

const mapYaml = (address: string, more = ''): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, namespace: edge}\ndata: {address: "${address}"${more}}\n`;
const secretYaml = (text: string): string =>
  `---\napiVersion: v1\nkind: Secret\nmetadata: {name: far, namespace: edge}\nstringData: {value: "${text}"}\n`;
const byMap = deliveryYaml('app', 'app', '  kubeConfig: {configMapRef: {name: far}}\n');
const bySecret = deliveryYaml('app', 'app', '  kubeConfig: {secretRef: {name: far}}\n');
const siteWith = (...documents: readonly string[]): DesiredState =>
  siteOf(sourceYaml('app') + documents.join(''));

const held = (server: string): readonly string[] =>
  ['a', 'b'].filter((name) => places.cluster(server).text(refOf(configMap(name))) !== undefined);
const record = (): DeliveryRecord | undefined => state.deliveries.find('edge', 'app');
const ready = (): string | undefined =>
  record()?.status.conditions.find(({ type }) => type === 'Ready')?.message;

describe('a delivery whose cluster a ConfigMap names', () => {
  it('goes there, and is taken back there', async () => {
    const engine = await start(siteWith(mapYaml(east), byMap));
    expect([held(east), places.nowOpen]).toEqual([['a', 'b'], [`${east} as itself`]]);
    expect(record()?.place).toEqual({ kubeConfig: { kind: 'ConfigMap', name: 'far', server: east } });
    await goOn(engine, siteWith());
    expect([held(east), state.deliveries.all(), places.nowOpen]).toEqual([[], [], []]);
  });

  it('is not forgotten when the ConfigMap is gone after a restart, and taken back once it is there', async () => {
    await start(siteWith(mapYaml(east), byMap));
    const engine = await restart(siteWith(secretYaml(east)));
    expect(ready()).toContain('ConfigMap/edge/far: not found in the configuration');
    await goOn(engine, siteWith(mapYaml(east)));
    expect([held(east), state.deliveries.all()]).toEqual([[], []]);
  });

  it('says that there is none, and goes nowhere', async () => {
    await start(siteWith(byMap, secretYaml(east)));
    expect(ready()).toContain('ConfigMap/edge/far: not found in the configuration');
    expect([held('https://site.test'), places.opened]).toEqual([[], []]);
  });

  it('is opened anew when the ConfigMap changes, and what was open is closed', async () => {
    const engine = await start(siteWith(mapYaml(east), byMap));
    places.writes.length = 0;
    await goOn(engine, siteWith(mapYaml(east, ', serviceAccountName: another'), byMap));
    expect([places.opened.length, places.nowOpen.length, places.writes]).toEqual([2, 1, []]);
  });

  it('is followed to another address of the ConfigMap', async () => {
    const engine = await start(siteWith(mapYaml(east), byMap));
    await goOn(engine, siteWith(mapYaml(west), byMap));
    expect([held(east), held(west)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it.each([
    ['a Secret to a ConfigMap', siteWith(secretYaml(east), bySecret), siteWith(mapYaml(east), byMap)],
    ['a ConfigMap to a Secret', siteWith(mapYaml(east), byMap), siteWith(secretYaml(east), bySecret)],
  ])('goes on with what it has when it turns from %s of the same cluster', async (_, before, after) => {
    const engine = await start(before);
    places.writes.length = 0;
    await goOn(engine, after);
    expect([places.writes, held(east), record()?.former]).toEqual([[], ['a', 'b'], undefined]);
  });

  it('goes on with what it has when it turns from a Secret to a ConfigMap with another address of the same cluster', async () => {
    places.aliases.set(west, east);
    const engine = await start(siteWith(secretYaml(east), bySecret));
    places.writes.length = 0;
    await goOn(engine, siteWith(mapYaml(west), byMap));
    expect(places.writes.filter((write) => write.includes('no ConfigMap'))).toEqual([]);
    expect([held(east), record()?.former]).toEqual([['a', 'b'], undefined]);
  });

  it('is taken back there when it turns to the Secret of the same name, of another cluster', async () => {
    const engine = await start(siteWith(mapYaml(east), byMap));
    await goOn(engine, siteWith(mapYaml(east), secretYaml(west), bySecret));
    expect([held(east), held(west)]).toEqual([[], ['a', 'b']]);
  });

  it('holds up nobody at the site while that does not answer', async () => {
    places.silent.add(east);
    const many = Array.from({ length: 24 }, (_, at) => byMap.replace('name: app,', `name: far-${at},`));
    await start(siteWith(mapYaml(east), ...many, deliveryYaml('app', 'app')));
    expect(held('https://site.test')).toEqual(['a', 'b']);
  });
});
