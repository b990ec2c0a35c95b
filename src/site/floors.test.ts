import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Floor, StateStore } from '../api/index.ts';
import type { TimeBound } from '../core/index.ts';
import { createMemoryStateStore, openFloors, openStateStore, readStateStore } from './index.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealift-floors-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string): string => join(directory, name);

const floor = (value: number, change: Partial<Floor> = {}): Floor => ({
  repository: 'registry.test/app',
  stream: '',
  order: 'sequence',
  value,
  digest: `sha256:${value}`,
  epoch: 0,
  sources: ['edge/app'],
  superseded: [],
  withdrawn: [],
  at: value,
  ...change,
});

const time = (bound: number): TimeBound => ({ bound, wall: 1, machine: 2, steadyMs: 3 });

/** One run of an agent: what it finds, and what it leaves. */
function run(...saved: readonly Floor[]): { floors: readonly Floor[]; faults: readonly string[] } {
  const store = openStateStore(directory);
  const found = { floors: store.floors.all(), faults: store.faults };
  for (const one of saved) store.floors.save(one);
  store.close();
  return found;
}

function values(): readonly (number | string)[] {
  return run().floors.map(({ value }) => value);
}

const stores: readonly [string, () => StateStore & { close?(): void }][] = [
  ['in memory', createMemoryStateStore],
  ['on disk', () => openStateStore(directory)],
];

describe.each(stores)('floors %s', (_place, open) => {
  it('are there once they are saved, one for each stream and order, and gone once they are removed', () => {
    const store = open();
    expect(store.floors.all()).toEqual([]);
    const other = floor(3, { stream: 'prod' });
    for (const one of [floor(7), other, floor(8)]) store.floors.save(one);
    expect(store.floors.all()).toHaveLength(2);
    expect(store.floors.all()).toEqual(expect.arrayContaining([floor(8), other]));
    expect(store.floors.of('registry.test/app')).toHaveLength(2);
    expect(store.floors.of('registry.test')).toEqual([]);
    store.floors.remove(floor(1));
    store.floors.remove(floor(1));
    expect(store.floors.all()).toEqual([other]);
    store.close?.();
  });

  it('the time is as it was saved last', () => {
    const store = open();
    expect(store.time.find()).toBeUndefined();
    store.time.save(time(5));
    store.time.save(time(6));
    expect(store.time.find()).toEqual(time(6));
    store.close?.();
  });
});

describe('attack 35: state that is lost, cut off, older, or says two things', () => {
  const wipe = (): void => {
    for (const name of readdirSync(directory).filter((one) => one.startsWith('state.db'))) rmSync(at(name));
  };
  /** What an attacker, or a backup, keeps of this moment. */
  const keep = (name: string): (() => void) => {
    cpSync(at(name), at(`kept-${name}`), { recursive: true });
    return () => {
      rmSync(at(name), { recursive: true, force: true });
      cpSync(at(`kept-${name}`), at(name), { recursive: true });
    };
  };
  const copies = (): readonly string[] => readdirSync(at('floors')).map((name) => join(at('floors'), name));

  it('floors outlive the process, and nothing is amiss', () => {
    run(floor(7), floor(1, { stream: 'b' }));
    expect(run()).toEqual({ floors: [floor(7), floor(1, { stream: 'b' })], faults: [] });
  });

  it('a database that was deleted is filled from the copy', () => {
    run(floor(7));
    wipe();
    const { floors, faults } = run();
    expect(floors).toEqual([floor(7)]);
    expect(faults).toEqual([expect.stringMatching(/state\.db: knew less than .*floors of 1 floors/)]);
    expect(run().faults).toEqual([]);
  });

  it('floors that policies set for themselves are kept apart in both places', () => {
    const [one, other] = ['one', 'other'].map((policy, value) =>
      floor(value, { order: 'signedTime', policy }),
    );
    run(...[one, other].filter((each) => each !== undefined));
    wipe();
    expect(run().floors).toEqual([one, other]);
  });

  it('a database that was cut to nothing is filled from the copy', () => {
    run(floor(7));
    wipe();
    writeFileSync(at('state.db'), '');
    expect(values()).toEqual([7]);
  });

  it('a copy that was deleted is written again', () => {
    run(floor(7));
    rmSync(at('floors'), { recursive: true });
    expect(run().faults).toEqual([expect.stringMatching(/floors: knew less than .*state\.db/)]);
    wipe();
    expect(values()).toEqual([7]);
  });

  it.each([0, 1, 40, -3])('a copy that was cut off at %d is told and written again', (length) => {
    run(floor(7));
    const [copy = ''] = copies();
    const size = readFileSync(copy).byteLength;
    truncateSync(copy, length < 0 ? size + length : length);
    const { floors, faults } = run();
    expect(floors).toEqual([floor(7)]);
    expect(faults[0]).toContain(copy);
    expect(run().faults).toEqual([]);
  });

  it('what a killed write left behind is passed over', () => {
    run(floor(7));
    const [copy = ''] = copies();
    writeFileSync(`${copy}.8b1f`, '{');
    expect(run().faults).toEqual([]);
  });

  it.each([['state.db'], ['floors']])('an older %s that was put back does not lower a floor', (name) => {
    run(floor(6));
    const restore = keep(name);
    run(floor(7));
    restore();
    const { floors, faults } = run();
    expect(floors).toEqual([floor(7)]);
    expect(faults).toHaveLength(1);
    expect(values()).toEqual([7]);
  });

  it('of two copies that disagree, each floor is the higher one', () => {
    run(floor(7), floor(1, { stream: 'b' }));
    const restore = keep('floors');
    wipe();
    rmSync(at('floors'), { recursive: true });
    run(floor(6), floor(2, { stream: 'b' }));
    restore();
    expect(values()).toEqual([7, 2]);
  });

  it('a step back counts more than what was higher before it', () => {
    run(floor(7));
    const restore = keep('floors');
    run(floor(5, { epoch: 1 }));
    restore();
    expect(values()).toEqual([5]);
  });

  it('the time is the later of both', () => {
    const store = openStateStore(directory);
    store.time.save(time(5));
    store.close();
    const restore = keep('floors');
    const again = openStateStore(directory);
    again.time.save(time(9));
    again.close();
    restore();
    const last = openStateStore(directory);
    expect(last.time.find()?.bound).toBe(9);
    last.close();
  });

  it('a disk that takes no copy takes no floor', () => {
    const store = openStateStore(directory);
    writeFileSync(at('floors'), 'in the way');
    expect(() => store.floors.save(floor(7))).toThrow(expect.objectContaining({ code: 'DISK_FAILED' }));
    store.close();
  });
});

describe('openFloors', () => {
  it('writes beside a running agent, which sees it at once', () => {
    const agent = openStateStore(directory);
    agent.floors.save(floor(7));
    const command = openFloors(directory);
    command.floors.save(floor(5, { epoch: 1 }));
    expect(agent.floors.all()).toEqual([floor(5, { epoch: 1 })]);
    command.close();
    agent.close();
    expect(run().faults).toEqual([]);
  });

  it('says so when there is no state', () => {
    for (const open of [openFloors, readStateStore])
      expect(() => open(directory)).toThrow(expect.objectContaining({ code: 'STATE_NOT_FOUND' }));
  });
});
