import { describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { OwnershipSite } from '../../../test/fixtures/ownership-site.ts';
import type { DesiredState } from '../../api/index.ts';
import type { KubernetesObject } from '../../core/index.ts';

const minute = 60_000;
const agent = forEachTest(new OwnershipSite());

const two = siteOf(sourceYaml('app') + deliveryYaml('a', 'app') + deliveryYaml('b', 'app'));
const one = siteOf(sourceYaml('app') + deliveryYaml('a', 'app'));

describe('an object that moves between deliveries of one source', () => {
  it.each([
    ['from the first to the second', 'a', 'b'],
    ['from the second to the first', 'b', 'a'],
  ])('is handed over %s, never deleted and made again', async (_behaviour, from, to) => {
    agent.build({ [from]: ['stay', 'moved'], [to]: ['other'] });
    await agent.start(two);
    agent.acts.length = 0;
    await agent.release('v2', { [from]: ['stay'], [to]: ['other', 'moved'] });
    expect(agent.acts).toEqual(['write moved']);
    expect(agent.ownerOf('moved')).toBe(to);
    expect({ from: agent.inventoryOf(from), to: agent.inventoryOf(to) }).toEqual({
      from: ['stay'],
      to: ['other', 'moved'],
    });
    expect([agent.ready(from), agent.ready(to)]).toEqual([
      'ReconciliationSucceeded',
      'ReconciliationSucceeded',
    ]);
  });

  it('is handed over in a single pass too', async () => {
    agent.build({ a: ['stay', 'moved'], b: ['other'] });
    await agent.converge(two);
    agent.acts.length = 0;
    agent.registry.revision = 'v2';
    agent.build({ a: ['stay'], b: ['other', 'moved'] });
    const { failures } = await agent.converge(two);
    expect({ acts: agent.acts, failures }).toEqual({ acts: ['write moved'], failures: [] });
    expect({ a: agent.inventoryOf('a'), b: agent.inventoryOf('b') }).toEqual({
      a: ['stay'],
      b: ['other', 'moved'],
    });
  });

  it('stays while the other delivery does not build, and is deleted when it turns out that nobody asks for it', async () => {
    agent.build({ a: ['stay', 'gone'], b: ['other'] });
    await agent.start(two);
    agent.registry.broken.add('b');
    await agent.release('v2', { a: ['stay'], b: ['other'] });
    expect(agent.ownerOf('gone')).toBe('a');
    agent.registry.broken.clear();
    await agent.release('v3', { a: ['stay'], b: ['other'] });
    expect([agent.ownerOf('gone'), agent.inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('is deleted at once when it just leaves', async () => {
    agent.build({ a: ['stay', 'gone'], b: ['other'] });
    await agent.start(two);
    await agent.release('v2', { a: ['stay'], b: ['other'] });
    expect([agent.ownerOf('gone'), agent.inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('has each delivery built once for all others, however many of them ask', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `d${at}`);
    agent.build(Object.fromEntries(names.map((name) => [name, [`${name}-stay`, `${name}-gone`]])));
    await agent.start(siteOf(sourceYaml('app') + names.map((name) => deliveryYaml(name, 'app')).join('')));
    const { build: before } = agent.registry.calls;
    await agent.release('v2', Object.fromEntries(names.map((name) => [name, [`${name}-stay`]])));
    expect(agent.acts.filter((act) => act.startsWith('remove'))).toHaveLength(20);
    // For the revision, once more for the deletion that the watch tells, and for the others.
    expect(agent.registry.calls.build - before).toBeLessThanOrEqual(3 * 20);
  });

  it('is held back by no delivery that is suspended and does not build', async () => {
    agent.build({ a: ['stay', 'gone'] });
    agent.registry.broken.add('s');
    await agent.start(
      siteOf(sourceYaml('app') + deliveryYaml('a', 'app') + deliveryYaml('s', 'app', '  suspend: true')),
    );
    await agent.release('v2', { a: ['stay'] });
    expect([agent.ownerOf('gone'), agent.inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('is not taken from a delivery that is suspended', async () => {
    agent.build({ a: ['x'], b: ['moved'] });
    await agent.start(two);
    await agent.replace(
      siteOf(sourceYaml('app') + deliveryYaml('a', 'app') + deliveryYaml('b', 'app', '  suspend: true')),
    );
    await agent.release('v2', { a: ['x', 'moved'], b: ['other'] });
    expect([agent.ownerOf('moved'), agent.ready('a')]).toEqual(['b', 'ReconciliationFailed']);
  });

  it('is held back by no delivery of another source, which does not move with it', async () => {
    agent.build({ a: ['stay', 'gone'], c: ['other'] });
    await agent.start(
      siteOf(sourceYaml('app') + sourceYaml('more') + deliveryYaml('a', 'app') + deliveryYaml('c', 'more')),
    );
    agent.registry.broken.add('c');
    await agent.release('v2', { a: ['stay'], c: ['other'] });
    expect([agent.ownerOf('gone'), agent.inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('swaps places with another one', async () => {
    agent.build({ a: ['x', 'left'], b: ['y', 'right'] });
    await agent.start(two);
    agent.acts.length = 0;
    await agent.release('v2', { a: ['x', 'right'], b: ['y', 'left'] });
    expect(agent.acts.toSorted()).toEqual(['write left', 'write right']);
    expect([agent.ownerOf('left'), agent.ownerOf('right')]).toEqual(['b', 'a']);
  });
});

describe('a delivery that gets another name', () => {
  const renamed = siteOf(sourceYaml('app') + deliveryYaml('z', 'app'));

  it('keeps its objects: none is deleted, the old name is forgotten', async () => {
    agent.build({ a: ['x', 'y'], z: ['x', 'y'] });
    await agent.start(one);
    agent.acts.length = 0;
    await agent.replace(renamed);
    await agent.pass(minute);
    expect(agent.acts.toSorted()).toEqual(['write x', 'write y']);
    expect([agent.ownerOf('x'), agent.ownerOf('y')]).toEqual(['z', 'z']);
    expect(agent.state.deliveries.all().map(({ name }) => name)).toEqual(['z']);
  });

  it('keeps its objects in a single pass, and loses those that the new name does not ask for', async () => {
    agent.build({ a: ['x', 'y'], z: ['x'] });
    await agent.converge(one);
    agent.acts.length = 0;
    await agent.converge(renamed);
    expect(agent.acts.toSorted()).toEqual(['remove y', 'write x']);
    expect(agent.state.deliveries.all().map(({ name }) => name)).toEqual(['z']);
  });
});

describe('two deliveries that ask for one object', () => {
  it('do not take it from each other: one has it, the other says who', async () => {
    agent.build({ a: ['shared'], b: ['shared', 'other'] });
    await agent.start(two);
    agent.acts.length = 0;
    await agent.pass(30 * minute);
    expect(agent.acts).toEqual([]);
    const [owner, loser] = agent.ownerOf('shared') === 'a' ? ['a', 'b'] : ['b', 'a'];
    expect([agent.ready(owner), agent.ready(loser)]).toEqual([
      'ReconciliationSucceeded',
      'ReconciliationFailed',
    ]);
    expect(agent.events.findLast(({ kind }) => kind === 'failed')).toMatchObject({
      code: 'TARGET_CONFLICT',
      message: expect.stringContaining(`owned by Kustomization/edge/${owner}`),
    });
  });

  it('hand it over when the owner does not ask for it any more', async () => {
    agent.build({ a: ['shared', 'x'], b: ['shared', 'y'] });
    await agent.start(two);
    const owner = agent.ownerOf('shared') === 'a' ? 'a' : 'b';
    const other = owner === 'a' ? 'b' : 'a';
    agent.acts.length = 0;
    await agent.release('v2', { [owner]: ['x'], [other]: ['shared', 'y'] });
    expect(agent.acts.filter((act) => act.endsWith('shared'))).toEqual(['write shared']);
    expect(agent.ownerOf('shared')).toBe(other);
  });
});

describe('an object that is not applied', () => {
  const never = (name: string, setting: Readonly<Record<string, string>>): KubernetesObject => {
    const plain = configMap(name);
    return { ...plain, metadata: { ...plain.metadata, annotations: setting } };
  };
  const ignored = never('ignored', { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' });
  const disabled = never('disabled', { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' });

  it('is in no inventory, and nobody tells of its deletion when it leaves the build', async () => {
    agent.build({ a: ['x', ignored, disabled] });
    await agent.start(one);
    expect(agent.inventoryOf('a')).toEqual(['x']);
    agent.events.length = 0;
    await agent.release('v2', { a: ['x'] });
    expect(agent.events.filter(({ kind }) => kind === 'object-changed')).toEqual([]);
    expect(agent.acts).toEqual(['write x']);
  });
});

describe('a delivery that does not prune', () => {
  it('remembers what left its build: turned on later, pruning deletes it', async () => {
    const keeping = siteOf(
      sourceYaml('app') + deliveryYaml('a', 'app').replace('prune: true', 'prune: false'),
    );
    agent.build({ a: ['x', 'left'] });
    await agent.start(keeping);
    await agent.release('v2', { a: ['x'] });
    expect([agent.ownerOf('left'), agent.inventoryOf('a')]).toEqual(['a', ['x', 'left']]);
    await agent.replace(one);
    expect([agent.ownerOf('left'), agent.inventoryOf('a')]).toEqual([undefined, ['x']]);
  });
});

describe('a build that lost most of its objects', () => {
  const many = Array.from({ length: 12 }, (_, at) => `m${at}`);
  const allowing = (value: string): DesiredState => {
    const annotated = deliveryYaml('a', 'app').replace(
      'namespace: edge}',
      `namespace: edge, annotations: {sealift.dev/allow-prune: "${value}"}}`,
    );
    return siteOf(sourceYaml('app') + annotated);
  };

  it('deletes nothing, writes what it has, and says so once', async () => {
    agent.build({ a: many });
    await agent.start(one);
    await agent.release('v2', { a: ['m0', 'new'] });
    await agent.pass(30 * minute);
    expect(agent.acts.filter((act) => act.startsWith('remove'))).toEqual([]);
    expect([agent.ownerOf('new'), agent.ownerOf('m11')]).toEqual(['a', 'a']);
    expect(agent.ready('a')).toBe('ReconciliationFailed');
    expect(agent.events.filter(({ kind }) => kind === 'failed')).toMatchObject([{ code: 'PRUNE_LIMIT' }]);
  });

  it('deletes nothing when it is empty, by whatever way it came', async () => {
    agent.build({ a: ['x'] });
    await agent.start(one);
    await agent.release('v2', { a: [] });
    expect(agent.ownerOf('x')).toBe('a');
  });

  it.each([
    ['for good', 'true', true],
    ['for this revision', 'stable@sha256:v2', true],
    ['for another revision only', 'stable@sha256:v1', false],
  ])('is taken at its word when the annotation allows it %s', async (_behaviour, value, goes) => {
    agent.build({ a: many });
    await agent.start(one);
    await agent.release('v2', { a: ['m0'] });
    await agent.replace(allowing(value));
    expect(agent.ownerOf('m11') === undefined).toBe(goes);
  });
});
