import { createMemoryStore } from './index.ts';
import { describeStore } from './store-contract.ts';

describeStore('memory', async () => ({ store: createMemoryStore() }));
