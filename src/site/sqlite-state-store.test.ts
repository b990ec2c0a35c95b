import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryRecord, SourceRecord } from '../api/index.ts';
import type { SealiftEvent } from '../core/index.ts';
import { openStateStore, readStateStore } from './index.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealift-state-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const status = { observedGeneration: 1, conditions: [] };
const source: SourceRecord = {
  name: 'app',
  namespace: 'edge',
  generation: 1,
  specHash: 'x',
  status,
  failures: 0,
};
const delivery: DeliveryRecord = { ...source, status, prune: true };

function event(at: number): SealiftEvent {
  return {
    kind: 'source-recovered',
    revision: `r${at}`,
    url: 'oci://x',
    subject: { kind: 'OCIRepository', namespace: 'edge', name: 'app' },
    at,
  };
}

describe('openStateStore', () => {
  it('gives back what follows from the rest as well, the newest of both', () => {
    const store = openStateStore(directory);
    store.sources.saveDerived({ ...source, basis: 'one' });
    expect(store.sources.find('edge', 'app')?.basis).toBe('one');
    store.sources.save({ ...source, basis: 'two' });
    store.sources.saveDerived({ ...source, basis: 'three' });
    store.close();
    const again = openStateStore(directory);
    expect(again.sources.all()).toEqual([{ ...source, basis: 'three' }]);
    again.close();
  });

  it('gives back after a restart what was saved, and only that', () => {
    const store = openStateStore(directory);
    store.sources.save(source);
    store.sources.save({ ...source, name: 'gone' });
    store.deliveries.save(delivery);
    store.deliveries.save({ ...delivery, failures: 3 });
    store.sources.remove('edge', 'gone');
    store.events.append(event(1));
    store.close();

    const again = openStateStore(directory);
    expect(again.sources.all()).toEqual([source]);
    expect(again.deliveries.all()).toEqual([{ ...delivery, failures: 3 }]);
    expect(again.events.newest(10)).toEqual([event(1)]);
    again.close();
  });

  it('gives back what is remembered of the objects in a target, after a restart and apart from others', () => {
    const store = openStateStore(directory);
    const traces = store.traces('https://one.test');
    traces.save('shop_a__ConfigMap', { desired: 'd1', uid: 'u1', entry: 'e1' });
    traces.save('shop_a__ConfigMap', { desired: 'd2', uid: 'u1', entry: 'e2' });
    traces.save('shop_b__ConfigMap', { desired: 'd', uid: 'u2', entry: 'e' });
    traces.remove('shop_b__ConfigMap');
    traces.remove('shop_c__ConfigMap');
    store.close();

    const again = openStateStore(directory);
    const found = again.traces('https://one.test');
    expect(found.find('shop_a__ConfigMap')).toEqual({ desired: 'd2', uid: 'u1', entry: 'e2' });
    expect(found.find('shop_b__ConfigMap')).toBeUndefined();
    expect(again.traces('https://two.test').find('shop_a__ConfigMap')).toBeUndefined();
    again.close();
  });

  it('takes up a state that was made before anything was remembered of objects', () => {
    const store = openStateStore(directory);
    store.sources.save(source);
    store.close();
    const database = new DatabaseSync(join(directory, 'state.db'));
    database.exec('DROP TABLE trace');
    database.close();
    const again = openStateStore(directory);
    expect(again.sources.all()).toEqual([source]);
    expect(again.traces('https://one.test').find('shop_a__ConfigMap')).toBeUndefined();
    again.close();
  });

  it('refuses a second agent on the same directory, and lets one in after the first is gone', () => {
    const first = openStateStore(directory);
    expect(() => openStateStore(directory)).toThrow(expect.objectContaining({ code: 'STATE_UNUSABLE' }));
    first.close();
    openStateStore(directory).close();
  });

  it('lets others read while the agent writes', () => {
    const writer = openStateStore(directory);
    writer.sources.save(source);
    const reader = readStateStore(directory);
    expect(reader.sources.all()).toEqual([source]);
    reader.close();
    writer.close();
  });

  it('keeps the newest thousand events', () => {
    const store = openStateStore(directory);
    for (let at = 1; at <= 1_010; at += 1) store.events.append(event(at));
    const events = store.events.newest(2_000);
    expect([events.length, events[0]?.at, events.at(-1)?.at]).toEqual([1_000, 11, 1_010]);
    expect(store.events.newest(2).map(({ at }) => at)).toEqual([1_009, 1_010]);
    store.close();
  });

  it('refuses state of another version instead of guessing', () => {
    const other = new DatabaseSync(join(directory, 'state.db'));
    other.exec('PRAGMA user_version = 99');
    other.close();
    for (const open of [openStateStore, readStateStore])
      expect(() => open(directory)).toThrow(expect.objectContaining({ code: 'STATE_UNUSABLE' }));
  });

  it('does not blame another agent for a lock that cannot be made', () => {
    writeFileSync(
      join(directory, 'lock.db'),
      'no database at all, but long enough to have a header of some kind',
    );
    expect(() => openStateStore(directory)).toThrow(expect.objectContaining({ code: 'DISK_FAILED' }));
  });

  it('refuses a file that is no database', () => {
    writeFileSync(
      join(directory, 'state.db'),
      'no database at all, but long enough to have a header of some kind',
    );
    expect(() => openStateStore(directory)).toThrow(expect.objectContaining({ code: 'DISK_FAILED' }));
  });
});

describe('readStateStore', () => {
  it('says so when there is no state', () => {
    expect(() => readStateStore(directory)).toThrow(expect.objectContaining({ code: 'STATE_NOT_FOUND' }));
  });
});
