import type { Trace, Traces } from '../../src/api/index.ts';

/** Traces that are gone with the process: the next one reads each object once. */
export function createMemoryTraces(): Traces {
  const traces = new Map<string, Trace>();
  return {
    find: (id) => traces.get(id),
    save: (id, trace) => void traces.set(id, trace),
    remove: (id) => void traces.delete(id),
  };
}
