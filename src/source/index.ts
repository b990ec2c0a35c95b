export { createFetchStage } from './fetch.ts';
export type { OpenRepository } from './open-repository.ts';
export { createResolveStage } from './resolve.ts';
