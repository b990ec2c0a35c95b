export { readConfiguration } from './adapters/configuration-directory.ts';
export { copyState } from './adapters/copy-state.ts';
export { fetchRoot, publicGoodMirror } from './adapters/fetch-root.ts';
export { type ConfigurationNews, followConfiguration, stillMs } from './adapters/follow-configuration.ts';
export { followTrust } from './adapters/follow-trust.ts';
export { importRoot } from './adapters/import-root.ts';
export {
  type OpenStateStore,
  openFloors,
  openStateStore,
  readStateStore,
} from './adapters/sqlite-state-store.ts';
export { readStillConfiguration } from './adapters/still-configuration.ts';
export { readTrustFiles, type ShippedRoot } from './adapters/trust-files.ts';
export { type TrustLook, type TrustPlaces, TrustStore } from './adapters/trust-store.ts';
export { createMemoryStateStore } from './memory-state-store.ts';
export { checkedConfiguration, parseConfiguration } from './parse-configuration.ts';
export { readSiteFacts, type SiteFacts } from './site-facts.ts';
