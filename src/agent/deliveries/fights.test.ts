import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { Condition, StateStore } from '../../api/index.ts';
import { refOf, type SealiftEvent, type Target } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { Engine } from '../index.ts';

const minute = 60_000;
const a = configMap('a', { value: 'ours' });
const site = siteOf(sourceYaml('app') + deliveryYaml('app', 'app'));

let registry: FakeStages;
let target: MemoryTarget;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let writes: number;
let stop: AbortController;
/** Another hand that puts this in the place of `ours` whenever it is there; `undefined` deletes the object. */
let other: { readonly puts: string | undefined } | undefined;

beforeEach(() => {
  registry = new FakeStages();
  registry.objects = [a, configMap('b')];
  target = createMemoryTarget();
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  writes = 0;
  other = undefined;
  stop = new AbortController();
});

afterEach(() => stop.abort());

/** Names who else wrote, as a Kubernetes API does. */
function noted(): Target {
  return {
    description: target.description,
    observe: async (ref, desired, signal) => {
      const seen = await target.observe(ref, desired, signal);
      return seen.kind === 'present' && !seen.matches ? { ...seen, writers: ['rollouts'] } : seen;
    },
    write: async (object, options, signal) => {
      if (object.metadata.name === 'a') writes += 1;
      await target.write(object, options, signal);
    },
    remove: (ref, signal) => target.remove(ref, signal),
    watch: (changed, signal) => target.watch(changed, signal),
  };
}

async function start(): Promise<Engine> {
  const engine = new Engine(
    {
      stages: registry.stages,
      target: noted(),
      state,
      clock,
      random: { next: () => 0.5 },
      withdrawAll: true,
      listener: (event) => events.push(event),
    },
    site,
  );
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await settle();
}

/** Lets the other hand answer every write of ours, so often. */
async function fight(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const text = target.text(refOf(a));
    if (other !== undefined && text?.includes('ours') === true) {
      target.edit(refOf(a), other.puts === undefined ? undefined : text.replace('ours', other.puts));
    }
    await settleAll();
  }
}

function conditionOf(type: string): Condition | undefined {
  const { status } = state.deliveries.find('edge', 'app') ?? {};
  return status?.conditions.find((condition) => condition.type === type);
}

const fightEvents = (): readonly SealiftEvent[] => events.filter(({ kind }) => kind === 'fight');

describe('another hand that changes a field as often as it is repaired', () => {
  beforeEach(async () => {
    await start();
    other = { puts: 'theirs' };
    writes = 0;
    await fight(20);
  });

  it('is answered five times, and no more', () => {
    expect(writes).toBe(5);
    expect(target.text(refOf(a))).toContain('theirs');
  });

  it('is named in an event and in a condition, with the object and the field; the rest is ready', () => {
    const message =
      'ConfigMap/shop/a: /data/value changed by rollouts again and again; left alone until 2026-01-01T00:01:00Z';
    expect(fightEvents()).toMatchObject([{ object: { name: 'a' }, message }]);
    expect(conditionOf('Fighting')).toMatchObject({ status: 'True', message });
    expect(conditionOf('Ready')).toMatchObject({ status: 'True' });
  });

  it('is answered once after each rest, which gets longer', async () => {
    await clock.advance(minute);
    await fight(20);
    expect(writes).toBe(6);
    await clock.advance(minute);
    await fight(20);
    expect(writes).toBe(6);
    await clock.advance(minute);
    await fight(20);
    expect(writes).toBe(7);
    expect(conditionOf('Fighting')?.message).toContain('until 2026-01-01T00:07:00Z');
  });

  it('keeps nobody from repairing other objects', async () => {
    target.edit(refOf(configMap('b')), undefined);
    await settleAll();
    expect(target.text(refOf(configMap('b')))).toBeDefined();
    expect(writes).toBe(5);
  });

  it('does not hold a new revision, which is another matter', async () => {
    registry.revision = 'v2';
    registry.objects = [configMap('a', { value: 'newer' }), configMap('b')];
    await clock.advance(minute / 2);
    other = undefined;
    await clock.advance(minute / 2);
    await settleAll();
    expect(target.text(refOf(a))).toContain('newer');
    expect(conditionOf('Fighting')).toBeUndefined();
  });

  it('is forgiven once it has given up', async () => {
    other = undefined;
    await clock.advance(minute);
    await settleAll();
    expect(target.text(refOf(a))).toContain('ours');
    expect(conditionOf('Fighting')?.status).toBe('True');
    await clock.advance(5 * minute);
    await settleAll();
    expect(conditionOf('Fighting')).toBeUndefined();
    expect(fightEvents().length).toBeLessThanOrEqual(2);
  });
});

describe('an object that is deleted as often as it is made', () => {
  it('is left alone for a while, stays in the inventory, and comes back', async () => {
    await start();
    other = { puts: undefined };
    writes = 0;
    await fight(20);
    expect([writes, target.text(refOf(a))]).toEqual([5, undefined]);
    const { inventory } = state.deliveries.find('edge', 'app')?.status ?? {};
    expect(inventory?.entries.map(({ id }) => id)).toContain('shop_a__ConfigMap');
    other = undefined;
    await clock.advance(minute);
    await settleAll();
    expect(target.text(refOf(a))).toContain('ours');
  });
});

describe('edits of a person', () => {
  it('are repaired while each is another one', async () => {
    await start();
    writes = 0;
    for (let edit = 0; edit < 19; edit += 1) {
      other = { puts: `edit-${edit}` };
      await fight(1);
    }
    await settleAll();
    expect([writes, fightEvents().length]).toEqual([19, 0]);
    expect(target.text(refOf(a))).toContain('ours');
  });

  it('of one field that never end are a fight: something counts or tells the time there', async () => {
    await start();
    writes = 0;
    for (let edit = 0; edit < 30; edit += 1) {
      other = { puts: `edit-${edit}` };
      await fight(1);
    }
    expect([writes, fightEvents().length]).toEqual([20, 1]);
  });
});
