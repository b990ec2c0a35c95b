import { describe, expect, it } from 'vitest';
import { deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { east, PlacesSite, west } from '../../../test/fixtures/places-site.ts';
import type { DeliveryRecord, DesiredState } from '../../api/index.ts';

const agent = forEachTest(new PlacesSite());

const mapYaml = (address: string, more = ''): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, namespace: edge}\ndata: {address: "${address}"${more}}\n`;
const secretYaml = (text: string): string =>
  `---\napiVersion: v1\nkind: Secret\nmetadata: {name: far, namespace: edge}\nstringData: {value: "${text}"}\n`;
const byMap = deliveryYaml('app', 'app', '  kubeConfig: {configMapRef: {name: far}}\n');
const bySecret = deliveryYaml('app', 'app', '  kubeConfig: {secretRef: {name: far}}\n');
const siteWith = (...documents: readonly string[]): DesiredState =>
  siteOf(sourceYaml('app') + documents.join(''));

const record = (): DeliveryRecord | undefined => agent.state.deliveries.find('edge', 'app');
const ready = (): string | undefined => agent.condition('Ready')?.message;

describe('a delivery whose cluster a ConfigMap names', () => {
  it('goes there, and is taken back there', async () => {
    await agent.start(siteWith(mapYaml(east), byMap));
    expect([agent.held(east), agent.places.nowOpen]).toEqual([['a', 'b'], [`${east} as itself`]]);
    expect(record()?.place).toEqual({ kubeConfig: { kind: 'ConfigMap', name: 'far', server: east } });
    await agent.replace(siteWith());
    expect([agent.held(east), agent.state.deliveries.all(), agent.places.nowOpen]).toEqual([[], [], []]);
  });

  it('is not forgotten when the ConfigMap is gone after a restart, and taken back once it is there', async () => {
    await agent.start(siteWith(mapYaml(east), byMap));
    await agent.start(siteWith(secretYaml(east)));
    expect(ready()).toContain('ConfigMap/edge/far: not found in the configuration');
    await agent.replace(siteWith(mapYaml(east)));
    expect([agent.held(east), agent.state.deliveries.all()]).toEqual([[], []]);
  });

  it('says that there is none, and goes nowhere', async () => {
    await agent.start(siteWith(byMap, secretYaml(east)));
    expect(ready()).toContain('ConfigMap/edge/far: not found in the configuration');
    expect([agent.held(), agent.places.opened]).toEqual([[], []]);
  });

  it('is opened anew when the ConfigMap changes, and what was open is closed', async () => {
    await agent.start(siteWith(mapYaml(east), byMap));
    agent.places.writes.length = 0;
    await agent.replace(siteWith(mapYaml(east, ', serviceAccountName: another'), byMap));
    expect([agent.places.opened.length, agent.places.nowOpen.length, agent.places.writes]).toEqual([
      2,
      1,
      [],
    ]);
  });

  it('is followed to another address of the ConfigMap', async () => {
    await agent.start(siteWith(mapYaml(east), byMap));
    await agent.replace(siteWith(mapYaml(west), byMap));
    expect([agent.held(east), agent.held(west)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it.each([
    ['a Secret to a ConfigMap', siteWith(secretYaml(east), bySecret), siteWith(mapYaml(east), byMap)],
    ['a ConfigMap to a Secret', siteWith(mapYaml(east), byMap), siteWith(secretYaml(east), bySecret)],
  ])('goes on with what it has when it turns from %s of the same cluster', async (_, before, after) => {
    await agent.start(before);
    agent.places.writes.length = 0;
    await agent.replace(after);
    expect([agent.places.writes, agent.held(east), record()?.former]).toEqual([[], ['a', 'b'], undefined]);
  });

  it('goes on with what it has when it turns from a Secret to a ConfigMap with another address of the same cluster', async () => {
    agent.places.aliases.set(west, east);
    await agent.start(siteWith(secretYaml(east), bySecret));
    agent.places.writes.length = 0;
    await agent.replace(siteWith(mapYaml(west), byMap));
    expect(agent.places.writes.filter((write) => write.includes('no ConfigMap'))).toEqual([]);
    expect([agent.held(east), record()?.former]).toEqual([['a', 'b'], undefined]);
  });

  it('is taken back there when it turns to the Secret of the same name, of another cluster', async () => {
    await agent.start(siteWith(mapYaml(east), byMap));
    await agent.replace(siteWith(mapYaml(east), secretYaml(west), bySecret));
    expect([agent.held(east), agent.held(west)]).toEqual([[], ['a', 'b']]);
  });

  it('holds up nobody at the site while that does not answer', async () => {
    agent.places.silent.add(east);
    const many = Array.from({ length: 24 }, (_, at) => byMap.replace('name: app,', `name: far-${at},`));
    await agent.start(siteWith(mapYaml(east), ...many, deliveryYaml('app', 'app')));
    expect(agent.held()).toEqual(['a', 'b']);
  });
});
