import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { east, PlacesSite } from '../../../test/fixtures/places-site.ts';
import type { DesiredState } from '../../api/index.ts';

const minute = 60_000;
const agent = forEachTest(new PlacesSite());

const mapYaml = (name: string): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: edge}\ndata: {address: "${east}"}\n`;
const deliveryBy = (name: string, map: string): string =>
  deliveryYaml(name, 'app', `  kubeConfig: {configMapRef: {name: ${map}}}\n`);
const siteWith = (...documents: readonly string[]): DesiredState =>
  siteOf(sourceYaml('app') + mapYaml('far') + documents.join(''));

/** Deletions, and what was written. */
const writes = (): readonly string[] => agent.places.writes.splice(0);
const waiting = (): string | undefined => agent.condition('DeletionWaits')?.message;

describe('a delivery whose cluster nobody can tell', () => {
  it('takes over what a delivery of another name has there, once that is told', async () => {
    await agent.start(siteWith(deliveryBy('app', 'far')));
    writes();
    await agent.replace(siteWith(deliveryBy('renamed', 'fra')));
    expect([writes(), agent.held(east)]).toEqual([[], ['a', 'b']]);
    expect(waiting()).toContain(
      'edge/renamed may take over what is to go: it goes to a cluster that nobody can',
    );
    await agent.replace(siteWith(mapYaml('fra'), deliveryBy('renamed', 'fra')));
    expect(writes().filter((write) => write.includes('no ConfigMap'))).toEqual([]);
    expect([agent.held(east), agent.state.deliveries.all().map(({ name }) => name)]).toEqual([
      ['a', 'b'],
      ['renamed'],
    ]);
  });

  it('takes over what another delivery of its source asks for no more', async () => {
    const all = (map: string): DesiredState =>
      siteWith(mapYaml('moved'), deliveryBy('app', 'far'), deliveryBy('other', map));
    agent.registry.objectsOf.set('other', []);
    await agent.start(all('fra'));
    writes();
    agent.registry.revision = 'v2';
    agent.registry.objectsOf.set('app', [configMap('a')]);
    agent.registry.objectsOf.set('other', [configMap('b')]);
    await agent.pass(10 * minute);
    expect([agent.delivery().status.lastAppliedRevision, agent.held(east)]).toEqual([
      expect.stringContaining('v2'),
      ['a', 'b'],
    ]);
    await agent.replace(all('moved'));
    expect(writes().filter((write) => write.includes('no ConfigMap'))).toEqual([]);
    expect(agent.held(east)).toEqual(['a', 'b']);
  });

  it('keeps nothing at the site, which is named by naming none', async () => {
    await agent.start(siteWith(deliveryYaml('app', 'app')));
    expect(agent.held()).toEqual(['a', 'b']);
    await agent.replace(siteWith(deliveryBy('renamed', 'fra')));
    expect(agent.held()).toEqual([]);
  });
});
