import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { east, PlacesSite, west } from '../../../test/fixtures/places-site.ts';
import type { DesiredState } from '../../api/index.ts';
import { refOf } from '../../core/index.ts';
import { converge } from '../index.ts';

const minute = 60_000;
const agent = forEachTest(new PlacesSite());

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

function ready(name = 'app'): string | undefined {
  const conditions = agent.state.deliveries.find('edge', name)?.status.conditions ?? [];
  const found = conditions.find(({ type }) => type === 'Ready');
  return found && `${found.status}/${found.reason}: ${found.message}`;
}

describe('a delivery with an account', () => {
  it('is written, pruned and taken back as that account, over a target that those who name it share', async () => {
    agent.registry.objectsOf.set('other', [configMap('c')]);
    await agent.start(siteWith(app(as('deployer')), app(as('deployer'), 'other'), app('', 'plain')));
    expect(agent.places.opened).toEqual(['https://site.test as edge/deployer']);
    agent.registry.objects = [configMap('a')];
    agent.registry.revision = 'v2';
    await agent.pass(minute);
    await agent.replace(siteWith(app('', 'plain'), app(as('deployer'), 'other')));
    const name = 'https://site.test as edge/deployer';
    expect(agent.places.writes).toEqual(
      expect.arrayContaining([`${name}: ConfigMap a`, `${name}: no ConfigMap b`]),
    );
    expect(agent.places.nowOpen).toHaveLength(1);
    await agent.replace(siteWith(app('', 'plain')));
    expect(agent.places.writes).toContain(`${name}: no ConfigMap c`);
    expect(agent.places.nowOpen).toEqual([]);
  });

  it('is that of the site where it names none', async () => {
    await agent.start(siteWith(app(), app(as('own'), 'own')), { defaultServiceAccount: 'tenant' });
    expect(agent.places.opened.toSorted()).toEqual([
      'https://site.test as edge/own',
      'https://site.test as edge/tenant',
    ]);
  });

  it('is one of its own namespace', async () => {
    agent.registry.objectsOf.set('other', [configMap('c')]);
    const other = app(as('deployer'), 'other').replace('namespace: edge}', 'namespace: far}');
    const source = '{kind: OCIRepository, name: app}';
    const across = other.replace(source, '{kind: OCIRepository, name: app, namespace: edge}');
    await agent.start(siteWith(app(as('deployer')), across));
    expect(agent.places.opened.toSorted()).toEqual([
      'https://site.test as edge/deployer',
      'https://site.test as far/deployer',
    ]);
  });

  it('goes on with its objects under another one', async () => {
    await agent.start(siteWith(app(as('one'))));
    agent.places.writes.length = 0;
    await agent.replace(siteWith(app(as('two'))));
    expect(agent.places.writes).toEqual([]);
    expect(agent.places.nowOpen).toEqual(['https://site.test as edge/two']);
    expect(agent.state.deliveries.find('edge', 'app')?.place).toEqual({ account: 'two' });
    await agent.replace(siteWith());
    expect(agent.places.writes).toEqual([
      'https://site.test as edge/two: no ConfigMap b',
      'https://site.test as edge/two: no ConfigMap a',
    ]);
  });

  it('that is gone leaves its objects where they are, and says which', async () => {
    await agent.start(siteWith(app(as('deployer'))));
    agent.places.gone.add('edge/deployer');
    await agent.replace(siteWith());
    expect(agent.held()).toEqual(['a', 'b']);
    expect(agent.state.deliveries.all()).toEqual([]);
    expect(agent.events.filter(({ kind }) => kind === 'objects-left')).toMatchObject([
      { message: expect.stringContaining('ServiceAccount/edge/deployer is gone') },
    ]);
    expect(JSON.stringify(agent.events)).toContain('left as they are: ConfigMap/shop/a, ConfigMap/shop/b');
  });
});

describe('a source of another namespace', () => {
  const other = 'sourceRef: {kind: OCIRepository, name: app, namespace: other}';
  const desired = siteOf(
    sourceYaml('app').replace('namespace: edge', 'namespace: other') +
      app().replace('sourceRef: {kind: OCIRepository, name: app}', other),
  );

  it('is taken from where that is not forbidden', async () => {
    await agent.start(desired);
    expect(agent.held()).toEqual(['a', 'b']);
  });

  it('is refused where it is, in the words of Flux, and not tried again by itself', async () => {
    await agent.start(desired, { crossNamespaceRefs: false });
    const message = "can't access 'OCIRepository/other/app', cross-namespace references have been blocked";
    expect(ready()).toBe(`False/AccessDenied: ${message}`);
    expect(agent.held()).toEqual([]);
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
    await agent.start(both);
    expect(agent.places.opened.toSorted()).toEqual([`${east} as itself`, `${west} as edge/deployer`]);
    expect([agent.held(), agent.held(east), agent.held(west)]).toEqual([[], ['a', 'b'], ['a', 'b']]);
    agent.registry.objectsOf.set('one', [configMap('a')]);
    agent.registry.revision = 'v2';
    await agent.pass(minute);
    expect([agent.held(east), agent.held(west)]).toEqual([['a'], ['a', 'b']]);
    await agent.replace(
      siteWith(secretYaml('west', west, 'value.yaml'), app(by('west') + as('deployer'), 'two')),
    );
    expect([agent.held(east), agent.held(west)]).toEqual([[], ['a', 'b']]);
    expect(agent.places.nowOpen).toEqual([`${west} as edge/deployer`]);
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
    await agent.start(siteWith(secret, app(spec)));
    expect(ready()).toContain(message);
    expect([agent.held(), agent.places.opened]).toEqual([[], []]);
  });

  it('is refused where the target is no cluster', async () => {
    const { places: _, ...without } = agent.parts();
    await converge(without, siteWith(secretYaml('east', east), app(by('east') + as('x'))), agent.signal);
    expect(ready()).toContain(
      'spec.kubeConfig, spec.serviceAccountName: expected a cluster as the target of the site',
    );
    expect(agent.held()).toEqual([]);
  });

  it('is repaired in its cluster, by what changes there alone', async () => {
    await agent.start(siteWith(secretYaml('east', east), app(by('east'), 'one'), app('', 'two')));
    const before = agent.registry.calls.build;
    agent.places.cluster(east).edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(agent.held(east)).toEqual(['a', 'b']);
    // Memory tells of our own write as well.
    expect(agent.registry.calls.build - before).toBeLessThanOrEqual(2);
    expect(agent.places.writes.filter((write) => !write.startsWith(east))).toEqual([]);
  });

  it('opens its cluster anew when the Secret changes, and closes what it had', async () => {
    await agent.start(siteWith(secretYaml('east', `${east} token-1`), app(by('east'))));
    agent.places.writes.length = 0;
    await agent.replace(siteWith(secretYaml('east', `${east} token-2`), app(by('east'))));
    expect([agent.places.opened.length, agent.places.nowOpen.length]).toEqual([2, 1]);
    expect(agent.places.writes).toEqual([]);
    await agent.replace(siteWith(app(by('east'))));
    expect(agent.places.nowOpen).toEqual([]);
    expect(agent.held(east)).toEqual(['a', 'b']);
  });

  it('fails alone when its cluster is away, and goes on when that is back', async () => {
    agent.places.away.add(east);
    await agent.start(siteWith(secretYaml('east', east), app(by('east'), 'one'), app('', 'two')));
    expect(ready('one')).toContain('connection refused');
    expect(ready('two')).toContain('True/');
    agent.places.away.clear();
    await agent.pass(10 * minute);
    expect(ready('one')).toContain('True/');
  });

  it('holds up nobody at the site while clusters do not answer, and of other clusters not more than a few', async () => {
    const deaf = Array.from({ length: 3 }, (_, at) => `https://deaf-${at}.test`);
    for (const server of deaf) agent.places.silent.add(server);
    const documents = deaf.flatMap((server, at) => [
      secretYaml(`deaf-${at}`, server),
      ...[1, 2, 3, 4].map((number) => app(by(`deaf-${at}`), `deaf-${at}-${number}`)),
    ]);
    const own = [secretYaml('east', east), app(by('east'), 'one'), app('', 'two')];
    await agent.start(siteWith(...documents, ...own));
    expect(ready('two')).toContain('True/');
    expect(ready('one')).toContain('True/');
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(agent.held()).toEqual(['a', 'b']);
  });

  it('holds up nobody at the site where many come back to from a cluster that does not answer', async () => {
    const many = Array.from({ length: 8 }, (_, at) => `back-${at}`);
    for (const name of many) agent.registry.objectsOf.set(name, [configMap(name)]);
    const secret = secretYaml('east', east);
    await agent.start(siteWith(secret, ...many.map((name) => app(by('east'), name))));
    agent.places.silent.add(east);
    await agent.replace(siteWith(secret, ...many.map((name) => app('', name)), app('', 'one')));
    await agent.settle();
    expect(ready('one')).toContain('True/');
    expect(agent.held()).toEqual(['a', 'b']);
  });

  it('is taken back when its Secret goes with it', async () => {
    await agent.start(siteWith(secretYaml('east', east), app(by('east'))));
    await agent.replace(siteWith());
    expect(agent.held(east)).toEqual([]);
    expect([agent.state.deliveries.all(), agent.places.nowOpen]).toEqual([[], []]);
  });

  it('is not forgotten when the Secret is gone after a restart, and taken back once it is there', async () => {
    await agent.start(siteWith(secretYaml('east', east), app(by('east'))));
    await agent.start(siteWith());
    expect(ready()).toContain('Secret/edge/east: not found in the configuration');
    await agent.replace(siteWith(secretYaml('east', east)));
    expect(agent.held(east)).toEqual([]);
    expect(agent.state.deliveries.all()).toEqual([]);
  });
});
