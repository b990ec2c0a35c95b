export { createFetchStage } from './fetch.ts';
export { createResolveStage } from './resolve.ts';
