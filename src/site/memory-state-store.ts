import {
  type Floor,
  type Floors,
  floorKey,
  type Records,
  type StateStore,
  type TimeMemory,
} from '../api/index.ts';
import type { SealiftEvent, TimeBound } from '../core/index.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Records that are gone with the process. */
function createMemoryRecords<T extends Named>(): Records<T> {
  const records = new Map<string, T>();
  const key = (namespace: string, name: string): string => `${namespace}/${name}`;
  const save = (record: T): void => void records.set(key(record.namespace, record.name), record);
  return {
    all: () => [...records.values()],
    find: (namespace, name) => records.get(key(namespace, name)),
    save,
    saveDerived: save,
    remove: (namespace, name) => void records.delete(key(namespace, name)),
  };
}

function createMemoryFloors(): Floors {
  const floors = new Map<string, Floor>();
  return {
    all: () => [...floors.values()],
    of: (repository) => [...floors.values()].filter((floor) => floor.repository === repository),
    save: (floor) => void floors.set(floorKey(floor), floor),
    remove: (floor) => void floors.delete(floorKey(floor)),
  };
}

function createMemoryTime(): TimeMemory {
  let bound: TimeBound | undefined;
  return {
    find: () => bound,
    save: (next) => {
      bound = next;
    },
  };
}

/** A state store that forgets: for previews and tests. */
export function createMemoryStateStore(): StateStore {
  const events: SealiftEvent[] = [];
  return {
    sources: createMemoryRecords(),
    deliveries: createMemoryRecords(),
    events: { append: (event) => void events.push(event), newest: (limit) => events.slice(-limit) },
    floors: createMemoryFloors(),
    time: createMemoryTime(),
  };
}
