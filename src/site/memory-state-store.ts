import type { DeliveryRecord, SourceRecord, StateStore } from '../api/index.ts';
import type { SealiftEvent } from '../core/index.ts';

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** A state store that forgets: for previews and tests. */
export function createMemoryStateStore(): StateStore {
  const sources = new Map<string, SourceRecord>();
  const deliveries = new Map<string, DeliveryRecord>();
  const events: SealiftEvent[] = [];
  return {
    sources: () => [...sources.values()],
    deliveries: () => [...deliveries.values()],
    saveSource: (record) => void sources.set(keyOf(record.namespace, record.name), record),
    saveDelivery: (record) => void deliveries.set(keyOf(record.namespace, record.name), record),
    removeSource: (namespace, name) => void sources.delete(keyOf(namespace, name)),
    removeDelivery: (namespace, name) => void deliveries.delete(keyOf(namespace, name)),
    appendEvent: (event) => void events.push(event),
    events: (limit) => events.slice(-limit),
  };
}
