import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakePlaces } from '../../../test/fakes/fake-places.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { DesiredState, StateStore } from '../../api/index.ts';
import { refOf, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { Engine } from '../index.ts';

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

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

async function start(desired: DesiredState): Promise<Engine> {
  const engine = new Engine(
    {
      stages: registry.stages,
      target: site,
      places,
      state,
      clock,
      random: { next: () => 0.5 },
      withdrawAll: true,
      listener: (event) => events.push(event),
    },
    desired,
  );
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

async function goOn(engine: Engine, desired: DesiredState): Promise<void> {
  engine.replace(desired);
  await settleAll();
}

interface Wanted {
  /** Address by Secret. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of the delivery; none for the cluster of the site. */
  readonly secret?: string;
  readonly account?: string;
  readonly prune?: boolean;
}

const both = { east, west };

function wanted({ secrets = both, secret, account, prune = true }: Wanted): DesiredState {
  const documents = Object.entries(secrets).map(
    ([name, text]) =>
      `---\napiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: edge}\nstringData: {value: "${text}"}\n`,
  );
  const by = secret === undefined ? '' : `  kubeConfig: {secretRef: {name: ${secret}}}\n`;
  const as = account === undefined ? '' : `  serviceAccountName: ${account}\n`;
  const delivery = deliveryYaml('app', 'app', by + as).replace('prune: true', `prune: ${prune}`);
  return siteOf(sourceYaml('app') + documents.join('') + delivery);
}

const names = ['a', 'b', 'c'];
const held = (target: MemoryTarget): readonly string[] =>
  names.filter((name) => target.text(refOf(configMap(name))) !== undefined);
const at = (server: string): readonly string[] => held(places.cluster(server));

function readyMessage(): string {
  const conditions = state.deliveries.find('edge', 'app')?.status.conditions ?? [];
  return conditions.find(({ type }) => type === 'Ready')?.message ?? '';
}

const inventory = (): readonly string[] | undefined =>
  state.deliveries.find('edge', 'app')?.status.inventory?.entries.map(({ id }) => id.split('_')[1] ?? '');

describe('a delivery that moves to another cluster', () => {
  it.each([
    ['of another Secret', { secret: 'east' }, { secret: 'west' }, east, west],
    ['from that of the site', {}, { secret: 'west' }, 'https://site.test', west],
    ['back to that of the site', { secret: 'east' }, {}, east, 'https://site.test'],
  ])('%s is taken back where it was, once it is where it goes', async (...row) => {
    const [, before, after, from, to] = row;
    const engine = await start(wanted({ ...before, account: 'old' }));
    expect([at(from), at(to)]).toEqual([['a', 'b'], []]);
    places.writes.length = 0;
    await goOn(engine, wanted({ ...after, account: 'new' }));
    expect([at(from), at(to)]).toEqual([[], ['a', 'b']]);
    expect(places.writes).toEqual([
      `${to} as edge/new: ConfigMap a`,
      `${to} as edge/new: ConfigMap b`,
      `${from} as edge/old: no ConfigMap b`,
      `${from} as edge/old: no ConfigMap a`,
    ]);
    expect(events.filter((event) => event.kind === 'object-changed' && event.action === 'repaired')).toEqual(
      [],
    );
    expect(inventory()).toEqual(['a', 'b']);
    expect(state.deliveries.find('edge', 'app')?.former).toBeUndefined();
    expect(places.nowOpen).toEqual([`${to} as edge/new`]);
  });

  it('keeps what it has as long as it cannot be where it goes', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.away.add(west);
    await goOn(engine, wanted({ secret: 'west' }));
    expect(at(east)).toEqual(['a', 'b']);
    places.away.clear();
    await clock.advance(10 * minute);
    await settleAll();
    expect([at(east), at(west)]).toEqual([[], ['a', 'b']]);
  });

  it('is where it goes although its old cluster is away, says so, and is taken back there when it can be', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.away.add(east);
    await goOn(engine, wanted({ secret: 'west' }));
    expect(at(west)).toEqual(['a', 'b']);
    expect(readyMessage()).toContain(`what it left at ${east} is still to be deleted there`);
    expect(readyMessage()).toContain('connection refused');
    stop.abort();
    await settleAll();
    stop = new AbortController();
    await start(wanted({ secret: 'west' }));
    places.away.clear();
    await clock.advance(10 * minute);
    await settleAll();
    expect(at(east)).toEqual([]);
    expect(readyMessage()).toContain('Applied revision');
  });

  it('is repaired where it is now while its old cluster is away', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.away.add(east);
    await goOn(engine, wanted({}));
    expect(held(site)).toEqual(['a', 'b']);
    site.edit(refOf(configMap('a')), undefined);
    await settleAll();
    expect(held(site)).toEqual(['a', 'b']);
  });

  it('lets be what it left in a cluster that is gone for good, by the word of its owner', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.away.add(east);
    await goOn(engine, wanted({ secret: 'west' }));
    await goOn(engine, wanted({ secret: 'west', prune: false, secrets: { west } }));
    expect(readyMessage()).toContain('Applied revision');
    expect(events.findLast(({ kind }) => kind === 'objects-left')).toMatchObject({
      message: `${east}: spec.prune is false: left as they are: ConfigMap/shop/a, ConfigMap/shop/b`,
    });
    expect(at(east)).toEqual(['a', 'b']);
  });

  it('and back again before it was taken back goes on with what it has', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.away.add(west);
    await goOn(engine, wanted({ secret: 'west' }));
    registry.objects = [configMap('a')];
    registry.revision = 'v2';
    await goOn(engine, wanted({ secret: 'east' }));
    await clock.advance(minute);
    await settleAll();
    expect(at(east)).toEqual(['a']);
    expect(inventory()).toEqual(['a']);
    expect(places.writes).not.toContain(`${east} as itself: no ConfigMap a`);
    expect(state.deliveries.find('edge', 'app')?.former).toBeUndefined();
  });

  it('that leaves the configuration in between is taken back wherever it is', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.away.add(east);
    await goOn(engine, wanted({ secret: 'west' }));
    places.away.clear();
    await goOn(engine, siteOf(sourceYaml('app')));
    expect([at(east), at(west), state.deliveries.all()]).toEqual([[], [], []]);
  });

  it('goes on with what it has where another Secret names the same one', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.writes.length = 0;
    await goOn(engine, wanted({ secret: 'other', secrets: { other: east } }));
    expect(places.writes).toEqual([]);
    expect(at(east)).toEqual(['a', 'b']);
  });
});

describe('a delivery that moves while its Secret changes', () => {
  it.each([
    [
      'holds another token',
      { west, east: `${east} token-2` },
      [`${east} as itself`, `${west} as itself`, `${east} as itself`],
    ],
    ['is gone', { west }, [`${east} as itself`, `${west} as itself`]],
    ['leads elsewhere', { west, east: 'https://north.test' }, [`${east} as itself`, `${west} as itself`]],
  ])('is taken back where it was when that %s', async (_, secrets, opened) => {
    const engine = await start(wanted({ secret: 'east' }));
    await goOn(engine, wanted({ secret: 'west', secrets }));
    expect([at(east), at(west)]).toEqual([[], ['a', 'b']]);
    expect(places.opened).toEqual(opened);
    expect(places.nowOpen).toEqual([`${west} as itself`]);
  });
});

describe('two addresses of one cluster', () => {
  it('are seen to be that, and nothing is deleted that goes on', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.aliases.set(west, east);
    registry.objects = [configMap('a'), configMap('c')];
    await goOn(engine, wanted({ secret: 'west' }));
    expect(at(east)).toEqual(['a', 'c']);
    expect(places.writes.filter((write) => write.includes('no ConfigMap'))).toEqual([
      `${east} as itself: no ConfigMap b`,
    ]);
    expect(inventory()).toEqual(['a', 'c']);
    expect(state.deliveries.find('edge', 'app')?.former).toBeUndefined();
  });
});

describe('a Secret that names another address', () => {
  it('may be that of the same cluster: what is ours by its labels stays ours', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    for (const name of ['a', 'b'])
      places.cluster(west).edit(refOf(configMap(name)), places.cluster(east).text(refOf(configMap(name))));
    places.writes.length = 0;
    registry.objects = [configMap('a')];
    await goOn(engine, wanted({ secret: 'east', secrets: { east: west } }));
    expect(at(west)).toEqual(['a']);
    expect(at(east)).toEqual(['a', 'b']);
  });

  it('may be that of a new one: what somebody else has there is not ours', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    const foreign = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: shop}\n';
    places.cluster(west).edit(refOf(configMap('b')), foreign);
    await goOn(engine, wanted({ secret: 'east', secrets: { east: west } }));
    expect(readyMessage()).toContain('exists already and carries no owner labels');
    registry.objects = [configMap('a')];
    await goOn(engine, wanted({ secret: 'east', secrets: { east: `${west} again` } }));
    expect(at(west)).toEqual(['a', 'b']);
    expect(places.cluster(west).text(refOf(configMap('b')))).toBe(foreign);
  });

  it('is not that where something was left behind', async () => {
    const engine = await start(wanted({ secret: 'east' }));
    places.away.add(east);
    await goOn(engine, wanted({ secret: 'west' }));
    stop.abort();
    await settleAll();
    stop = new AbortController();
    await start(wanted({ secret: 'west', secrets: { west, east: 'https://north.test' } }));
    expect(readyMessage()).toContain(
      `expected the address ${east}, where objects were delivered to, got https://north.test`,
    );
  });
});
