export { createFetchStage } from './fetch.ts';
export { forgetSources, localRepository } from './local-repository.ts';
export { createResolveStage } from './resolve.ts';
