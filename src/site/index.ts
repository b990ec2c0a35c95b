export { readConfiguration, watchConfiguration } from './adapters/configuration-directory.ts';
export { type OpenStateStore, openStateStore, readStateStore } from './adapters/sqlite-state-store.ts';
export { createMemoryStateStore } from './memory-state-store.ts';
export { parseConfiguration } from './parse-configuration.ts';
