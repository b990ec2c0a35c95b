import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { DesiredState, StateStore } from '../../api/index.ts';
import { type KubernetesObject, refOf, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const minute = 60_000;

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
/** Writes and deletions, as `write a` and `remove a`. */
let acts: string[];
let stop: AbortController;

beforeEach(() => {
  registry = new FakeStages();
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  acts = [];
  stop = new AbortController();
});

afterEach(() => stop.abort());

function parts(): AgentParts {
  const noted: AgentParts['target'] = {
    description: target.description,
    observe: (ref, desired, signal) => target.observe(ref, desired, signal),
    write: async (object, options, signal) => {
      acts.push(`write ${object.metadata.name}`);
      await target.write(object, options, signal);
    },
    remove: async (ref, signal) => {
      acts.push(`remove ${ref.name}`);
      await target.remove(ref, signal);
    },
    watch: (changed, signal) => target.watch(changed, signal),
  };
  return {
    stages: registry.stages,
    target: noted,
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: true,
    listener: (event) => events.push(event),
  };
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

async function start(desired: DesiredState): Promise<Engine> {
  const engine = new Engine(parts(), desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

/** Publishes what the deliveries build to, and has it polled. */
async function release(revision: string, builds: Readonly<Record<string, readonly string[]>>): Promise<void> {
  build(builds);
  registry.revision = revision;
  await clock.advance(minute);
  await settleAll();
}

function build(builds: Readonly<Record<string, readonly (string | KubernetesObject)[]>>): void {
  for (const [delivery, objects] of Object.entries(builds)) {
    const built = objects.map((one) => (typeof one === 'string' ? configMap(one) : one));
    registry.objectsOf.set(delivery, built);
  }
}

function ownerOf(name: string): string | undefined {
  const text = target.text(refOf(configMap(name)));
  return text === undefined ? undefined : /toolkit\.fluxcd\.io\/name: (\S+)/.exec(text)?.[1];
}

function inventoryOf(delivery: string): readonly string[] {
  const entries = state.deliveries.find('edge', delivery)?.status.inventory?.entries ?? [];
  return entries.map(({ id }) => id.split('_')[1] ?? '');
}

function readyOf(name: string): string | undefined {
  const record = state.deliveries.find('edge', name);
  return record?.status.conditions.find(({ type }) => type === 'Ready')?.reason;
}

const two = siteOf(sourceYaml('app') + deliveryYaml('a', 'app') + deliveryYaml('b', 'app'));
const one = siteOf(sourceYaml('app') + deliveryYaml('a', 'app'));

describe('an object that moves between deliveries of one source', () => {
  it.each([
    ['from the first to the second', 'a', 'b'],
    ['from the second to the first', 'b', 'a'],
  ])('is handed over %s, never deleted and made again', async (_behaviour, from, to) => {
    build({ [from]: ['stay', 'moved'], [to]: ['other'] });
    await start(two);
    acts.length = 0;
    await release('v2', { [from]: ['stay'], [to]: ['other', 'moved'] });
    expect(acts).toEqual(['write moved']);
    expect(ownerOf('moved')).toBe(to);
    expect({ from: inventoryOf(from), to: inventoryOf(to) }).toEqual({
      from: ['stay'],
      to: ['other', 'moved'],
    });
    expect([readyOf(from), readyOf(to)]).toEqual(['ReconciliationSucceeded', 'ReconciliationSucceeded']);
  });

  it('is handed over in a single pass too', async () => {
    build({ a: ['stay', 'moved'], b: ['other'] });
    await converge(parts(), two, stop.signal);
    acts.length = 0;
    registry.revision = 'v2';
    build({ a: ['stay'], b: ['other', 'moved'] });
    const { failures } = await converge(parts(), two, stop.signal);
    expect({ acts, failures }).toEqual({ acts: ['write moved'], failures: [] });
    expect({ a: inventoryOf('a'), b: inventoryOf('b') }).toEqual({ a: ['stay'], b: ['other', 'moved'] });
  });

  it('stays while the other delivery does not build, and is deleted when it turns out that nobody asks for it', async () => {
    build({ a: ['stay', 'gone'], b: ['other'] });
    await start(two);
    registry.broken.add('b');
    await release('v2', { a: ['stay'], b: ['other'] });
    expect(ownerOf('gone')).toBe('a');
    registry.broken.clear();
    await release('v3', { a: ['stay'], b: ['other'] });
    expect([ownerOf('gone'), inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('is deleted at once when it just leaves', async () => {
    build({ a: ['stay', 'gone'], b: ['other'] });
    await start(two);
    await release('v2', { a: ['stay'], b: ['other'] });
    expect([ownerOf('gone'), inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('has each delivery built once for all others, however many of them ask', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `d${at}`);
    build(Object.fromEntries(names.map((name) => [name, [`${name}-stay`, `${name}-gone`]])));
    await start(siteOf(sourceYaml('app') + names.map((name) => deliveryYaml(name, 'app')).join('')));
    const { build: before } = registry.calls;
    await release('v2', Object.fromEntries(names.map((name) => [name, [`${name}-stay`]])));
    expect(acts.filter((act) => act.startsWith('remove'))).toHaveLength(20);
    // For the revision, once more for the deletion that the watch tells, and for the others.
    expect(registry.calls.build - before).toBeLessThanOrEqual(3 * 20);
  });

  it('is held back by no delivery that is suspended and does not build', async () => {
    build({ a: ['stay', 'gone'] });
    registry.broken.add('s');
    await start(
      siteOf(sourceYaml('app') + deliveryYaml('a', 'app') + deliveryYaml('s', 'app', '  suspend: true')),
    );
    await release('v2', { a: ['stay'] });
    expect([ownerOf('gone'), inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('is not taken from a delivery that is suspended', async () => {
    build({ a: ['x'], b: ['moved'] });
    const engine = await start(two);
    engine.replace(
      siteOf(sourceYaml('app') + deliveryYaml('a', 'app') + deliveryYaml('b', 'app', '  suspend: true')),
    );
    await release('v2', { a: ['x', 'moved'], b: ['other'] });
    expect([ownerOf('moved'), readyOf('a')]).toEqual(['b', 'ReconciliationFailed']);
  });

  it('is held back by no delivery of another source, which does not move with it', async () => {
    build({ a: ['stay', 'gone'], c: ['other'] });
    await start(
      siteOf(sourceYaml('app') + sourceYaml('more') + deliveryYaml('a', 'app') + deliveryYaml('c', 'more')),
    );
    registry.broken.add('c');
    await release('v2', { a: ['stay'], c: ['other'] });
    expect([ownerOf('gone'), inventoryOf('a')]).toEqual([undefined, ['stay']]);
  });

  it('swaps places with another one', async () => {
    build({ a: ['x', 'left'], b: ['y', 'right'] });
    await start(two);
    acts.length = 0;
    await release('v2', { a: ['x', 'right'], b: ['y', 'left'] });
    expect(acts.toSorted()).toEqual(['write left', 'write right']);
    expect([ownerOf('left'), ownerOf('right')]).toEqual(['b', 'a']);
  });
});

describe('objects that move, deliveries that come and go', { timeout: 300_000 }, () => {
  const names = ['k', 'l', 'm', 'n'];
  const deliveries = ['a', 'b', 'c'];

  interface Release {
    /** Deliveries in the configuration; all others were taken out of it, or are new in a later one. */
    readonly there: readonly string[];
    /** Who asks for each of the objects, if anybody. */
    readonly owners: readonly (string | undefined)[];
  }

  const releaseOf: fc.Arbitrary<Release> = fc.subarray(deliveries, { minLength: 1 }).chain((there) =>
    fc.record({
      there: fc.constant(there),
      owners: fc.tuple(...names.map(() => fc.constantFrom(...there, undefined))),
    }),
  );

  function siteWith({ there }: Release): DesiredState {
    const movable = there.map((name) =>
      deliveryYaml(name, 'app').replace(
        'namespace: edge}',
        'namespace: edge, annotations: {sealift.dev/allow-prune: "true"}}',
      ),
    );
    return siteOf(sourceYaml('app') + movable.join(''));
  }

  function publish({ owners }: Release, at: number): void {
    for (const one of deliveries) build({ [one]: names.filter((_, place) => owners[place] === one) });
    registry.revision = `v${at}`;
    acts.length = 0;
  }

  /** What was asked for before and after was not deleted in between, and everything has the owner that asks for it. */
  function expectMoved(before: Release | undefined, after: Release): void {
    for (const [place, name] of names.entries()) {
      const stays = before?.owners[place] !== undefined && after.owners[place] !== undefined;
      if (stays) expect(acts).not.toContain(`remove ${name}`);
      expect([name, ownerOf(name)]).toEqual([name, after.owners[place]]);
    }
  }

  it('are never deleted while somebody asks for them, and end with who asks for them, pass by pass', async () => {
    const property = fc.asyncProperty(
      fc.array(releaseOf, { minLength: 2, maxLength: 6 }),
      async (history) => {
        target = createMemoryTarget();
        state = createMemoryStateStore();
        for (const [at, one] of history.entries()) {
          publish(one, at);
          await converge(parts(), siteWith(one), stop.signal);
          expectMoved(history[at - 1], one);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('are never deleted while somebody asks for them, and end with who asks for them, with everything at once', async () => {
    const property = fc.asyncProperty(
      fc.array(releaseOf, { minLength: 2, maxLength: 4 }),
      async (history) => {
        target = createMemoryTarget();
        state = createMemoryStateStore();
        clock = new FakeClock();
        stop = new AbortController();
        let engine: Engine | undefined;
        for (const [at, one] of history.entries()) {
          publish(one, at);
          if (engine === undefined) engine = await start(siteWith(one));
          else engine.replace(siteWith(one));
          await clock.advance(2 * minute);
          await settleAll();
          // Of a new configuration and an old revision, or the other way round, nothing is known to stay: they come one after the other.
          if (at > 0 && history[at - 1]?.there.join() !== one.there.join()) acts.length = 0;
          expectMoved(history[at - 1], one);
        }
        stop.abort();
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});

describe('a delivery that gets another name', () => {
  const renamed = siteOf(sourceYaml('app') + deliveryYaml('z', 'app'));

  it('keeps its objects: none is deleted, the old name is forgotten', async () => {
    build({ a: ['x', 'y'], z: ['x', 'y'] });
    const engine = await start(one);
    acts.length = 0;
    engine.replace(renamed);
    await settleAll();
    await clock.advance(minute);
    await settleAll();
    expect(acts.toSorted()).toEqual(['write x', 'write y']);
    expect([ownerOf('x'), ownerOf('y')]).toEqual(['z', 'z']);
    expect(state.deliveries.all().map(({ name }) => name)).toEqual(['z']);
  });

  it('keeps its objects in a single pass, and loses those that the new name does not ask for', async () => {
    build({ a: ['x', 'y'], z: ['x'] });
    await converge(parts(), one, stop.signal);
    acts.length = 0;
    await converge(parts(), renamed, stop.signal);
    expect(acts.toSorted()).toEqual(['remove y', 'write x']);
    expect(state.deliveries.all().map(({ name }) => name)).toEqual(['z']);
  });
});

describe('two deliveries that ask for one object', () => {
  it('do not take it from each other: one has it, the other says who', async () => {
    build({ a: ['shared'], b: ['shared', 'other'] });
    await start(two);
    acts.length = 0;
    await clock.advance(30 * minute);
    await settleAll();
    expect(acts).toEqual([]);
    const [owner, loser] = ownerOf('shared') === 'a' ? ['a', 'b'] : ['b', 'a'];
    expect([readyOf(owner), readyOf(loser)]).toEqual(['ReconciliationSucceeded', 'ReconciliationFailed']);
    expect(events.findLast(({ kind }) => kind === 'failed')).toMatchObject({
      code: 'TARGET_CONFLICT',
      message: expect.stringContaining(`owned by Kustomization/edge/${owner}`),
    });
  });

  it('hand it over when the owner does not ask for it any more', async () => {
    build({ a: ['shared', 'x'], b: ['shared', 'y'] });
    await start(two);
    const owner = ownerOf('shared') === 'a' ? 'a' : 'b';
    const other = owner === 'a' ? 'b' : 'a';
    acts.length = 0;
    await release('v2', { [owner]: ['x'], [other]: ['shared', 'y'] });
    expect(acts.filter((act) => act.endsWith('shared'))).toEqual(['write shared']);
    expect(ownerOf('shared')).toBe(other);
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
    build({ a: ['x', ignored, disabled] });
    await start(one);
    expect(inventoryOf('a')).toEqual(['x']);
    events.length = 0;
    await release('v2', { a: ['x'] });
    expect(events.filter(({ kind }) => kind === 'object-changed')).toEqual([]);
    expect(acts).toEqual(['write x']);
  });
});

describe('a delivery that does not prune', () => {
  it('remembers what left its build: turned on later, pruning deletes it', async () => {
    const keeping = siteOf(
      sourceYaml('app') + deliveryYaml('a', 'app').replace('prune: true', 'prune: false'),
    );
    build({ a: ['x', 'left'] });
    const engine = await start(keeping);
    await release('v2', { a: ['x'] });
    expect([ownerOf('left'), inventoryOf('a')]).toEqual(['a', ['x', 'left']]);
    engine.replace(one);
    await settleAll();
    expect([ownerOf('left'), inventoryOf('a')]).toEqual([undefined, ['x']]);
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
    build({ a: many });
    await start(one);
    await release('v2', { a: ['m0', 'new'] });
    await clock.advance(30 * minute);
    await settleAll();
    expect(acts.filter((act) => act.startsWith('remove'))).toEqual([]);
    expect([ownerOf('new'), ownerOf('m11')]).toEqual(['a', 'a']);
    expect(readyOf('a')).toBe('ReconciliationFailed');
    expect(events.filter(({ kind }) => kind === 'failed')).toMatchObject([{ code: 'PRUNE_LIMIT' }]);
  });

  it('deletes nothing when it is empty, by whatever way it came', async () => {
    build({ a: ['x'] });
    await start(one);
    await release('v2', { a: [] });
    expect(ownerOf('x')).toBe('a');
  });

  it.each([
    ['for good', 'true', true],
    ['for this revision', 'stable@sha256:v2', true],
    ['for another revision only', 'stable@sha256:v1', false],
  ])('is taken at its word when the annotation allows it %s', async (_behaviour, value, goes) => {
    build({ a: many });
    const engine = await start(one);
    await release('v2', { a: ['m0'] });
    engine.replace(allowing(value));
    await settleAll();
    expect(ownerOf('m11') === undefined).toBe(goes);
  });
});
