export { readConfiguration } from './adapters/configuration-directory.ts';
export { type ConfigurationNews, followConfiguration } from './adapters/follow-configuration.ts';
export {
  type OpenStateStore,
  openFloors,
  openStateStore,
  readStateStore,
} from './adapters/sqlite-state-store.ts';
export { createMemoryStateStore } from './memory-state-store.ts';
export { parseConfiguration } from './parse-configuration.ts';
