import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { east, PlacesSite, west } from '../../../test/fixtures/places-site.ts';
import type { DesiredState } from '../../api/index.ts';
import { refOf } from '../../core/index.ts';

const minute = 60_000;
const agent = forEachTest(new PlacesSite());

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

const readyMessage = (): string => agent.condition('Ready')?.message ?? '';

describe('a delivery that moves to another cluster', () => {
  it.each([
    ['of another Secret', { secret: 'east' }, { secret: 'west' }, east, west],
    ['from that of the site', {}, { secret: 'west' }, 'https://site.test', west],
    ['back to that of the site', { secret: 'east' }, {}, east, 'https://site.test'],
  ])('%s is taken back where it was, once it is where it goes', async (...row) => {
    const [, before, after, from, to] = row;
    await agent.start(wanted({ ...before, account: 'old' }));
    expect([agent.held(from), agent.held(to)]).toEqual([['a', 'b'], []]);
    agent.places.writes.length = 0;
    await agent.replace(wanted({ ...after, account: 'new' }));
    expect([agent.held(from), agent.held(to)]).toEqual([[], ['a', 'b']]);
    expect(agent.places.writes).toEqual([
      `${to} as edge/new: ConfigMap a`,
      `${to} as edge/new: ConfigMap b`,
      `${from} as edge/old: no ConfigMap b`,
      `${from} as edge/old: no ConfigMap a`,
    ]);
    expect(
      agent.events.filter((event) => event.kind === 'object-changed' && event.action === 'repaired'),
    ).toEqual([]);
    expect(agent.inventory()).toEqual(['a', 'b']);
    expect(agent.state.deliveries.find('edge', 'app')?.former).toBeUndefined();
    expect(agent.places.nowOpen).toEqual([`${to} as edge/new`]);
  });

  it('keeps what it has as long as it cannot be where it goes', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.away.add(west);
    await agent.replace(wanted({ secret: 'west' }));
    expect(agent.held(east)).toEqual(['a', 'b']);
    agent.places.away.clear();
    await agent.pass(10 * minute);
    expect([agent.held(east), agent.held(west)]).toEqual([[], ['a', 'b']]);
  });

  it('is where it goes although its old cluster is away, says so, and is taken back there when it can be', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.away.add(east);
    await agent.replace(wanted({ secret: 'west' }));
    expect(agent.held(west)).toEqual(['a', 'b']);
    expect(readyMessage()).toContain(`what it left at ${east} is still to be deleted there`);
    expect(readyMessage()).toContain('connection refused');
    await agent.end();
    await agent.start(wanted({ secret: 'west' }));
    agent.places.away.clear();
    await agent.pass(10 * minute);
    expect(agent.held(east)).toEqual([]);
    expect(readyMessage()).toContain('Applied revision');
  });

  it('is repaired where it is now while its old cluster is away', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.away.add(east);
    await agent.replace(wanted({}));
    expect(agent.held()).toEqual(['a', 'b']);
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(agent.held()).toEqual(['a', 'b']);
  });

  it('lets be what it left in a cluster that is gone for good, by the word of its owner', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.away.add(east);
    await agent.replace(wanted({ secret: 'west' }));
    await agent.replace(wanted({ secret: 'west', prune: false, secrets: { west } }));
    expect(readyMessage()).toContain('Applied revision');
    expect(agent.events.findLast(({ kind }) => kind === 'objects-left')).toMatchObject({
      message: `${east}: spec.prune is false: left as they are: ConfigMap/shop/a, ConfigMap/shop/b`,
    });
    expect(agent.held(east)).toEqual(['a', 'b']);
  });

  it('and back again before it was taken back goes on with what it has', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.away.add(west);
    await agent.replace(wanted({ secret: 'west' }));
    agent.registry.objects = [configMap('a')];
    agent.registry.revision = 'v2';
    await agent.replace(wanted({ secret: 'east' }));
    await agent.pass(minute);
    expect(agent.held(east)).toEqual(['a']);
    expect(agent.inventory()).toEqual(['a']);
    expect(agent.places.writes).not.toContain(`${east} as itself: no ConfigMap a`);
    expect(agent.state.deliveries.find('edge', 'app')?.former).toBeUndefined();
  });

  it('that leaves the configuration in between is taken back wherever it is', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.away.add(east);
    await agent.replace(wanted({ secret: 'west' }));
    agent.places.away.clear();
    await agent.replace(siteOf(sourceYaml('app')));
    expect([agent.held(east), agent.held(west), agent.state.deliveries.all()]).toEqual([[], [], []]);
  });

  it('goes on with what it has where another Secret names the same one', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.writes.length = 0;
    await agent.replace(wanted({ secret: 'other', secrets: { other: east } }));
    expect(agent.places.writes).toEqual([]);
    expect(agent.held(east)).toEqual(['a', 'b']);
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
    await agent.start(wanted({ secret: 'east' }));
    await agent.replace(wanted({ secret: 'west', secrets }));
    expect([agent.held(east), agent.held(west)]).toEqual([[], ['a', 'b']]);
    expect(agent.places.opened).toEqual(opened);
    expect(agent.places.nowOpen).toEqual([`${west} as itself`]);
  });
});

describe('two addresses of one cluster', () => {
  it('are seen to be that, and nothing is deleted that goes on', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.aliases.set(west, east);
    agent.registry.objects = [configMap('a'), configMap('c')];
    await agent.replace(wanted({ secret: 'west' }));
    expect(agent.held(east)).toEqual(['a', 'c']);
    expect(agent.places.writes.filter((write) => write.includes('no ConfigMap'))).toEqual([
      `${east} as itself: no ConfigMap b`,
    ]);
    expect(agent.inventory()).toEqual(['a', 'c']);
    expect(agent.state.deliveries.find('edge', 'app')?.former).toBeUndefined();
  });
});

describe('a Secret that names another address', () => {
  it('may be that of the same cluster: what is ours by its labels stays ours', async () => {
    await agent.start(wanted({ secret: 'east' }));
    for (const name of ['a', 'b'])
      agent.places
        .cluster(west)
        .edit(refOf(configMap(name)), agent.places.cluster(east).text(refOf(configMap(name))));
    agent.places.writes.length = 0;
    agent.registry.objects = [configMap('a')];
    await agent.replace(wanted({ secret: 'east', secrets: { east: west } }));
    expect(agent.held(west)).toEqual(['a']);
    expect(agent.held(east)).toEqual(['a', 'b']);
  });

  it('may be that of a new one: what somebody else has there is not ours', async () => {
    await agent.start(wanted({ secret: 'east' }));
    const foreign = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: shop}\n';
    agent.places.cluster(west).edit(refOf(configMap('b')), foreign);
    await agent.replace(wanted({ secret: 'east', secrets: { east: west } }));
    expect(readyMessage()).toContain('exists already and carries no owner labels');
    agent.registry.objects = [configMap('a')];
    await agent.replace(wanted({ secret: 'east', secrets: { east: `${west} again` } }));
    expect(agent.held(west)).toEqual(['a', 'b']);
    expect(agent.places.cluster(west).text(refOf(configMap('b')))).toBe(foreign);
  });

  it('is not that where something was left behind', async () => {
    await agent.start(wanted({ secret: 'east' }));
    agent.places.away.add(east);
    await agent.replace(wanted({ secret: 'west' }));
    await agent.end();
    await agent.start(wanted({ secret: 'west', secrets: { west, east: 'https://north.test' } }));
    expect(readyMessage()).toContain(
      `expected the address ${east}, where objects were delivered to, got https://north.test`,
    );
  });
});
