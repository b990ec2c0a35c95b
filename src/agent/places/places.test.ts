import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakePlaces } from '../../../test/fakes/fake-places.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { DesiredState, StateStore } from '../../api/index.ts';
import { refOf, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const minute = 60_000;
const east = 'https://east.test';
const west = 'https://west.test';

let registry: FakeStages;
let site: MemoryTarget;
let places: FakePlaces;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let stop: AbortController;

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [configMap('a'), configMap('b')];
  site = createMemoryTarget();
  places = new FakePlaces(site);
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  stop = new AbortController();
});

afterEach(() => stop.abort());

function parts(more: Partial<AgentParts> = {}): AgentParts {
  return {
    stages: registry.stages,
    target: site,
    places,
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: true,
    listener: (event) => events.push(event),
    ...more,
  };
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

async function start(desired: DesiredState, more: Partial<AgentParts> = {}): Promise<Engine> {
  const engine = new Engine(parts(more), desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

async function goOn(engine: Engine, desired: DesiredState): Promise<void> {
  engine.replace(desired);
  await settleAll();
}

async function restart(desired: DesiredState, more: Partial<AgentParts> = {}): Promise<Engine> {
  stop.abort();
  await settleAll();
  stop = new AbortController();
  return start(desired, more);
}

const secretYaml = (name: string, text: string, key = 'value'): string => `---
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: edge}
stringData: {"${key}": "${text}"}
`;

const by = (secret: string): string => `  kubeConfig: {secretRef: {name: ${secret}}}\n`;
const as = (account: string): string => `  serviceAccountName: ${account}\n`;

function siteWith(...documents: readonly string[]): DesiredState {
  return siteOf(sourceYaml('app') + documents.join(''));
}

const app = (spec = '', name = 'app'): string => deliveryYaml(name, 'app', spec);

function held(target: MemoryTarget): readonly string[] {
  return ['a', 'b', 'c'].filter((name) => target.text(refOf(configMap(name))) !== undefined);
}

function ready(name = 'app'): string | undefined {
  const conditions = state.deliveries.find('edge', name)?.status.conditions ?? [];
  const found = conditions.find(({ type }) => type === 'Ready');
  return found && `${found.status}/${found.reason}: ${found.message}`;
}

describe('a delivery with an account', () => {
  it('is written, pruned and taken back as that account, over a target that those who name it share', async () => {
    registry.objectsOf.set('other', [configMap('c')]);
    const engine = await start(siteWith(app(as('deployer')), app(as('deployer'), 'other'), app('', 'plain')));
    expect(places.opened).toEqual(['https://site.test as edge/deployer']);
    registry.objects = [configMap('a')];
    registry.revision = 'v2';
    await clock.advance(minute);
    await settleAll();
    await goOn(engine, siteWith(app('', 'plain'), app(as('deployer'), 'other')));
    const name = 'https://site.test as edge/deployer';
    expect(places.writes).toEqual(
      expect.arrayContaining([`${name}: ConfigMap a`, `${name}: no ConfigMap b`]),
    );
    expect(places.nowOpen).toHaveLength(1);
    await goOn(engine, siteWith(app('', 'plain')));
    expect(places.writes).toContain(`${name}: no ConfigMap c`);
    expect(places.nowOpen).toEqual([]);
  });

  it('is that of the site where it names none', async () => {
    await start(siteWith(app(), app(as('own'), 'own')), { defaultServiceAccount: 'tenant' });
    expect(places.opened.toSorted()).toEqual([
      'https://site.test as edge/own',
      'https://site.test as edge/tenant',
    ]);
  });

  it('is one of its own namespace', async () => {
    registry.objectsOf.set('other', [configMap('c')]);
    const other = app(as('deployer'), 'other').replace('namespace: edge}', 'namespace: far}');
    const source = '{kind: OCIRepository, name: app}';
    const across = other.replace(source, '{kind: OCIRepository, name: app, namespace: edge}');
    await start(siteWith(app(as('deployer')), across));
    expect(places.opened.toSorted()).toEqual([
      'https://site.test as edge/deployer',
      'https://site.test as far/deployer',
    ]);
  });

  it('goes on with its objects under another one', async () => {
    const engine = await start(siteWith(app(as('one'))));
    places.writes.length = 0;
    await goOn(engine, siteWith(app(as('two'))));
    expect(places.writes).toEqual([]);
    expect(places.nowOpen).toEqual(['https://site.test as edge/two']);
    expect(state.deliveries.find('edge', 'app')?.place).toEqual({ account: 'two' });
    await goOn(engine, siteWith());
    expect(places.writes).toEqual([
      'https://site.test as edge/two: no ConfigMap b',
      'https://site.test as edge/two: no ConfigMap a',
    ]);
  });

  it('that is gone leaves its objects where they are, and says which', async () => {
    const engine = await start(siteWith(app(as('deployer'))));
    places.gone.add('edge/deployer');
    await goOn(engine, siteWith());
    expect(held(site)).toEqual(['a', 'b']);
    expect(state.deliveries.all()).toEqual([]);
    expect(events.filter(({ kind }) => kind === 'objects-left')).toMatchObject([
      { message: expect.stringContaining('ServiceAccount/edge/deployer is gone') },
    ]);
    expect(JSON.stringify(events)).toContain('left as they are: ConfigMap/shop/a, ConfigMap/shop/b');
  });
});

describe('a source of another namespace', () => {
  const other = 'sourceRef: {kind: OCIRepository, name: app, namespace: other}';
  const desired = siteOf(
    sourceYaml('app').replace('namespace: edge', 'namespace: other') +
      app().replace('sourceRef: {kind: OCIRepository, name: app}', other),
  );

  it('is taken from where that is not forbidden', async () => {
    await start(desired);
    expect(held(site)).toEqual(['a', 'b']);
  });

  it('is refused where it is, in the words of Flux, and not tried again by itself', async () => {
    await start(desired, { crossNamespaceRefs: false });
    const message = "can't access 'OCIRepository/other/app', cross-namespace references have been blocked";
    expect(ready()).toBe(`False/AccessDenied: ${message}`);
    expect(held(site)).toEqual([]);
  });
});

describe('a delivery with a kubeconfig', () => {
  it('goes to its own cluster, where objects of the same names are others', async () => {
    const both = siteWith(
      secretYaml('east', east),
      secretYaml('west', west, 'value.yaml'),
      app(by('east'), 'one'),
      app(by('west') + as('deployer'), 'two'),
    );
    const engine = await start(both);
    expect(places.opened.toSorted()).toEqual([`${east} as itself`, `${west} as edge/deployer`]);
    expect([held(site), held(places.cluster(east)), held(places.cluster(west))]).toEqual([
      [],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    registry.objectsOf.set('one', [configMap('a')]);
    registry.revision = 'v2';
    await clock.advance(minute);
    await settleAll();
    expect([held(places.cluster(east)), held(places.cluster(west))]).toEqual([['a'], ['a', 'b']]);
    await goOn(
      engine,
      siteWith(secretYaml('west', west, 'value.yaml'), app(by('west') + as('deployer'), 'two')),
    );
    expect([held(places.cluster(east)), held(places.cluster(west))]).toEqual([[], ['a', 'b']]);
    expect(places.nowOpen).toEqual([`${west} as edge/deployer`]);
  });

  it.each([
    ['no Secret', '', by('east'), 'Secret/edge/east: not found'],
    [
      'no key',
      secretYaml('east', east, 'other'),
      by('east'),
      'expected a kubeconfig under the key value or value.yaml',
    ],
    [
      'not its key',
      secretYaml('east', east),
      '  kubeConfig: {secretRef: {name: east, key: constructor}}\n',
      'under the key constructor',
    ],
    ['no kubeconfig', secretYaml('east', 'none'), by('east'), 'expected a kubeconfig'],
  ])('that has %s says so, and goes nowhere', async (_, secret, spec, message) => {
    await start(siteWith(secret, app(spec)));
    expect(ready()).toContain(message);
    expect([held(site), places.opened]).toEqual([[], []]);
  });

  it('is refused where the target is no cluster', async () => {
    const { places: _, ...without } = parts();
    await converge(without, siteWith(secretYaml('east', east), app(by('east') + as('x'))), stop.signal);
    expect(ready()).toContain(
      'spec.kubeConfig, spec.serviceAccountName: expected a cluster as the target of the site',
    );
    expect(held(site)).toEqual([]);
  });

  it('is repaired in its cluster, by what changes there alone', async () => {
    await start(siteWith(secretYaml('east', east), app(by('east'), 'one'), app('', 'two')));
    const before = registry.calls.build;
    places.cluster(east).edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(held(places.cluster(east))).toEqual(['a', 'b']);
    // Memory tells of our own write as well.
    expect(registry.calls.build - before).toBeLessThanOrEqual(2);
    expect(places.writes.filter((write) => !write.startsWith(east))).toEqual([]);
  });

  it('opens its cluster anew when the Secret changes, and closes what it had', async () => {
    const engine = await start(siteWith(secretYaml('east', `${east} token-1`), app(by('east'))));
    places.writes.length = 0;
    await goOn(engine, siteWith(secretYaml('east', `${east} token-2`), app(by('east'))));
    expect([places.opened.length, places.nowOpen.length]).toEqual([2, 1]);
    expect(places.writes).toEqual([]);
    await goOn(engine, siteWith(app(by('east'))));
    expect(places.nowOpen).toEqual([]);
    expect(held(places.cluster(east))).toEqual(['a', 'b']);
  });

  it('fails alone when its cluster is away, and goes on when that is back', async () => {
    places.away.add(east);
    await start(siteWith(secretYaml('east', east), app(by('east'), 'one'), app('', 'two')));
    expect(ready('one')).toContain('connection refused');
    expect(ready('two')).toContain('True/');
    places.away.clear();
    await clock.advance(10 * minute);
    await settleAll();
    expect(ready('one')).toContain('True/');
  });

  it('holds up nobody at the site while clusters do not answer, and of other clusters not more than a few', async () => {
    const deaf = Array.from({ length: 3 }, (_, at) => `https://deaf-${at}.test`);
    for (const server of deaf) places.silent.add(server);
    const documents = deaf.flatMap((server, at) => [
      secretYaml(`deaf-${at}`, server),
      ...[1, 2, 3, 4].map((number) => app(by(`deaf-${at}`), `deaf-${at}-${number}`)),
    ]);
    const own = [secretYaml('east', east), app(by('east'), 'one'), app('', 'two')];
    await start(siteWith(...documents, ...own));
    expect(ready('two')).toContain('True/');
    expect(ready('one')).toContain('True/');
    site.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(held(site)).toEqual(['a', 'b']);
  });

  it('holds up nobody at the site where many come back to from a cluster that does not answer', async () => {
    const many = Array.from({ length: 8 }, (_, at) => `back-${at}`);
    for (const name of many) registry.objectsOf.set(name, [configMap(name)]);
    const secret = secretYaml('east', east);
    const engine = await start(siteWith(secret, ...many.map((name) => app(by('east'), name))));
    places.silent.add(east);
    await goOn(engine, siteWith(secret, ...many.map((name) => app('', name)), app('', 'one')));
    await settleAll();
    expect(ready('one')).toContain('True/');
    expect(held(site)).toEqual(['a', 'b']);
  });

  it('is taken back when its Secret goes with it', async () => {
    const engine = await start(siteWith(secretYaml('east', east), app(by('east'))));
    await goOn(engine, siteWith());
    expect(held(places.cluster(east))).toEqual([]);
    expect([state.deliveries.all(), places.nowOpen]).toEqual([[], []]);
  });

  it('is not forgotten when the Secret is gone after a restart, and taken back once it is there', async () => {
    await start(siteWith(secretYaml('east', east), app(by('east'))));
    const engine = await restart(siteWith());
    expect(ready()).toContain('Secret/edge/east: not found in the configuration');
    await goOn(engine, siteWith(secretYaml('east', east)));
    expect(held(places.cluster(east))).toEqual([]);
    expect(state.deliveries.all()).toEqual([]);
  });
});
