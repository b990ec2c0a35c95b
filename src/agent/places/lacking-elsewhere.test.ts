import { expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { east, PlacesSite } from '../../../test/fixtures/places-site.ts';
import { refOf } from '../../core/index.ts';

const agent = forEachTest(new PlacesSite());

const ref = refOf(configMap('a'));
const theirs = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n';
const map = `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, namespace: edge}\ndata: {address: "${east}"}\n`;
const site = siteOf(
  sourceYaml('app') +
    map +
    deliveryYaml('app', 'app', '  kubeConfig: {configMapRef: {name: far}}\n') +
    sourceYaml('home') +
    deliveryYaml('home', 'home'),
);
const failures = (): number => agent.delivery().failures;

it('a delivery that cannot make an object is not woken by one of that name in another cluster', async () => {
  agent.places.cluster(east).edit(ref, theirs);
  agent.registry.objectsOf.set('home', [configMap('a')]);
  await agent.start(site);
  const before = failures();
  expect(before).toBeGreaterThan(0);
  agent.target.edit(ref, undefined);
  await agent.settle();
  // Once, since the repair at home may have made room.
  expect(failures()).toBe(before + 1);
  agent.places.cluster(east).edit(ref, undefined);
  await agent.settle();
  expect(agent.held(east)).toEqual(['a', 'b']);
});
