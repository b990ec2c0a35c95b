export { createDirectoryTarget } from './adapters/directory.ts';
export type { MemoryTarget } from './adapters/memory.ts';
export { createMemoryTarget } from './adapters/memory.ts';
export { objectText } from './manifest-text.ts';
