import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import {
  type DeliveryRecord,
  fromInventoryEntry,
  inventoryId,
  type Records,
  type StateStore,
} from '../../api/index.ts';
import { type KubernetesObject, refOf, SealiftError, type Target } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, Engine } from '../index.ts';

const minute = 60_000;
const names = ['a', 'b', 'c', 'd'] as const;
const never = new Promise<never>(() => undefined);

const mapsOf = (version: string, ...of: readonly string[]): readonly KubernetesObject[] =>
  of.map((name) => configMap(name, { version }));

const desired = siteOf(
  sourceYaml('app') +
    deliveryYaml('app', 'app', '  wait: true\n  timeout: 40s').replace(
      'namespace: edge}',
      'namespace: edge, annotations: {sealift.dev/rollback: enabled}}',
    ),
);

const good = mapsOf('v1', 'a', 'b');
const bad = [...mapsOf('v2', 'a'), ...mapsOf('v0', 'c', 'd')];

/** The power is gone: who asks for anything gets no answer. */
class PowerCut extends Error {}

/** Counts what reaches disk and target, and goes out after so much of it. */
class Power {
  left: number;
  isOff = false;

  constructor(acts: number) {
    this.left = acts;
  }

  /** Acts, and then perhaps no answer comes any more. */
  spend(act: () => void): void {
    if (this.isOff) throw new PowerCut();
    act();
    this.left -= 1;
    if (this.left > 0) return;
    this.isOff = true;
    throw new PowerCut();
  }
}

/** A site: what is on its disk and in its target, and the agents that live there one after another. */
class Site {
  readonly target: MemoryTarget = createMemoryTarget();
  readonly clock = new FakeClock();
  readonly registry = new FakeStages();
  readonly refused = new Map<string, SealiftError>();
  readonly trees = new Map<string, readonly KubernetesObject[]>([
    ['v1', good],
    ['v2', bad],
  ]);
  /** Versions of objects that were written, since somebody last looked. */
  written: string[] = [];
  /** What a disk holds, as its bytes. */
  #disk = '{"sources":[],"deliveries":[],"floors":[]}';
  #power = new Power(Number.POSITIVE_INFINITY);
  #stop = new AbortController();

  get record(): DeliveryRecord {
    const { deliveries } = JSON.parse(this.#disk) as { deliveries: DeliveryRecord[] };
    return deliveries[0] ?? expect.unreachable('nothing is on the disk');
  }

  /** An agent starts; the power goes after so many acts on disk and target. */
  async start(acts = Number.POSITIVE_INFINITY): Promise<void> {
    this.#power = new Power(acts);
    this.#stop = new AbortController();
    const engine = new Engine(this.#parts(), desired);
    void engine.run(this.#stop.signal);
    await this.#settle();
  }

  async pass(minutes: number): Promise<void> {
    for (let at = 0; at < minutes * 4; at += 1) {
      await this.clock.advance(minute / 4);
      await this.#settle();
    }
  }

  /** The agent is gone, whatever it was at. Says whether the power was. */
  async end(): Promise<boolean> {
    const wasCut = this.#power.isOff;
    this.#power.isOff = true;
    this.#stop.abort();
    await this.#settle();
    return wasCut;
  }

  live(): readonly (string | undefined)[] {
    const texts = names.map((name) => this.target.text(refOf(configMap(name))));
    return texts.map((text) => (text === undefined ? undefined : /version: (\w+)/.exec(text)?.[1]));
  }

  /** Objects that are there and that the delivery does not know of. */
  orphans(): readonly string[] {
    const entries = this.record.status.inventory?.entries ?? [];
    const owned = new Set(entries.map((entry) => fromInventoryEntry(entry)?.name));
    return names.filter((name, at) => this.live()[at] !== undefined && !owned.has(name));
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 8; turn += 1) await settle();
  }

  #parts(): AgentParts {
    const { clock, registry, trees } = this;
    const { stages } = registry;
    const build: AgentParts['stages']['build'] = {
      build: async ({ artifact }) => {
        const objects = trees.get(artifact.digest.slice('sha256:'.length)) ?? [];
        if (objects.length > 0) return { objects, warnings: [] };
        throw new SealiftError('YAML_MALFORMED', artifact.revision, 'no YAML');
      },
    };
    return {
      stages: { ...stages, build },
      target: this.#targetOf(this.#power),
      state: this.#stateOf(this.#power),
      clock,
      random: { next: () => 0.5 },
      withdrawAll: true,
      listener: () => undefined,
    };
  }

  /** A dead agent reaches nothing, and is told of nothing. */
  #targetOf(power: Power): Target {
    const { target } = this;
    const act = async <T>(perform: () => Promise<T>, counts: boolean): Promise<T> => {
      if (power.isOff) return never;
      const done = await perform();
      try {
        if (counts) power.spend(() => undefined);
      } catch {
        return never;
      }
      return power.isOff ? never : done;
    };
    return {
      description: target.description,
      health: {
        follow: (refs, told, signal) =>
          target.health.follow(refs, (...live) => (power.isOff ? undefined : told(...live)), signal),
      },
      observe: (...request) => act(() => target.observe(...request), false),
      write: (object, ...rest) => {
        const version = String((object['data'] as { readonly version?: string }).version);
        const fault = this.refused.get(version);
        if (fault !== undefined) return power.isOff ? never : Promise.reject(fault);
        if (!power.isOff) this.written.push(version);
        return act(() => target.write(object, ...rest), true);
      },
      remove: (...request) => act(() => target.remove(...request), true),
      watch: (changed, signal) => target.watch((ref) => (power.isOff ? undefined : changed(ref)), signal),
    };
  }

  /** What is on the disk, read anew; what can be made again is lost unless something else was saved after it. */
  #stateOf(power: Power): StateStore {
    const memory = createMemoryStateStore();
    const held = JSON.parse(this.#disk) as Record<'sources' | 'deliveries' | 'floors', never[]>;
    for (const record of held.sources) memory.sources.save(record);
    for (const record of held.deliveries) memory.deliveries.save(record);
    for (const floor of held.floors) memory.floors.save(floor);
    const sync = (): void => {
      const { sources, deliveries, floors } = memory;
      this.#disk = JSON.stringify({
        sources: sources.all(),
        deliveries: deliveries.all(),
        floors: floors.all(),
      });
    };
    const durable = (change: () => void): void =>
      power.spend(() => {
        change();
        sync();
      });
    const recordsOf = <T>(records: Records<T>): Records<T> => ({
      all: () => records.all(),
      find: (...key) => records.find(...key),
      save: (record) => durable(() => records.save(record)),
      saveDerived: (record) => {
        if (power.isOff) throw new PowerCut();
        records.saveDerived(record);
      },
      remove: (...key) => durable(() => records.remove(...key)),
    });
    return {
      ...memory,
      sources: recordsOf(memory.sources),
      deliveries: recordsOf(memory.deliveries),
      floors: { ...memory.floors, save: (floor) => durable(() => memory.floors.save(floor)) },
    };
  }
}

const denied = new SealiftError('TARGET_ADMISSION_DENIED', 'ConfigMap/shop/a', 'denied the request: no');

const says = (site: Site, name: string, type: string): void => {
  const conditions = [{ type, status: 'True', reason: 'Because', message: `it is ${type}` }];
  site.target.setStatus(refOf(configMap(name)), { conditions });
};

/** Ways to fail, and what would mend them. */
const ways: readonly [string, (site: Site) => void, (site: Site) => void][] = [
  [
    'an object is refused',
    (site) => void site.refused.set('v2', denied),
    (site) => void site.refused.delete('v2'),
  ],
  ['an object fails', (site) => says(site, 'c', 'Stalled'), (site) => says(site, 'c', 'Ready')],
  [
    'an object is not ready in time',
    (site) => says(site, 'c', 'Reconciling'),
    (site) => says(site, 'c', 'Ready'),
  ],
  ['it does not build', (site) => void site.trees.delete('v2'), (site) => void site.trees.set('v2', bad)],
];

/** `cuts`: after how many acts the power goes in each life of the agent. Gives whether it went in the last one. */
async function live(spoil: (site: Site) => void, cuts: readonly number[]): Promise<[Site, boolean]> {
  const site = new Site();
  site.registry.revision = 'v1';
  await site.start();
  await site.end();
  expect(site.live()).toEqual(['v1', 'v1', undefined, undefined]);
  spoil(site);
  site.registry.revision = 'v2';
  let wasCut = false;
  for (const acts of cuts) {
    await site.start(acts);
    await site.pass(4);
    wasCut = await site.end();
    expect(site.orphans(), `orphans after ${cuts}`).toEqual([]);
    expect(site.record.journal?.good?.layer.revision).toBe('stable@sha256:v1');
  }
  return [site, wasCut];
}

/** It ends on what held, and what failed stays untried, although it would work by now. */
async function endsWell(site: Site, mend: (site: Site) => void, when: string): Promise<void> {
  await site.start();
  await site.pass(4);
  expect(site.live(), when).toEqual(['v1', 'v1', undefined, undefined]);
  expect(site.record, when).toMatchObject({
    journal: { attempt: { stage: 'returned' } },
    status: { lastAppliedRevision: 'stable@sha256:v1', lastAttemptedRevision: 'stable@sha256:v2' },
  });
  const owned = site.record.status.inventory?.entries.map(({ id }) => id);
  expect(owned, when).toEqual(good.map((object) => inventoryId(refOf(object))));
  mend(site);
  site.written = [];
  await site.pass(15);
  await site.end();
  await site.start();
  await site.pass(15);
  await site.end();
  expect(site.written, when).toEqual([]);
  expect(site.live(), when).toEqual(['v1', 'v1', undefined, undefined]);
}

describe.each(ways)('a site whose power goes on the way back, where %s', (_, spoil, mend) => {
  it('ends on what held, after whichever act on disk or target it goes', async () => {
    let cut = 0;
    for (let isCut = true; isCut; cut += 1) {
      const [site, wasCut] = await live(spoil, [cut + 1]);
      isCut = wasCut;
      await endsWell(site, mend, `after ${cut + 1} acts`);
    }
    // A poll, the entry in the journal, the verdict, and the entry that it has returned at the least.
    expect(cut).toBeGreaterThan(4);
  });

  it('and where it goes again at the next start', async () => {
    for (let first = 1; first < 14; first += 4)
      for (let second = 1; second < 6; second += 1) {
        const [site] = await live(spoil, [first, second]);
        await endsWell(site, mend, `after ${first} and ${second} acts`);
      }
  });
});

it('an agent that went back once the entry was on disk never writes what failed again', async () => {
  for (let cut = 1; ; cut += 1) {
    const [site, wasCut] = await live((one) => void one.refused.set('v2', denied), [cut]);
    const { stage = 'trying' } = site.record.journal?.attempt ?? {};
    site.refused.clear();
    site.written = [];
    await site.start();
    await site.pass(4);
    await site.end();
    expect(site.written.includes('v2'), `after ${cut} acts`).toBe(stage === 'trying');
    if (!wasCut) break;
  }
});
