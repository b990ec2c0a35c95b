import { describeTarget } from '../../../test/contract/target-contract.ts';
import { createMemoryTarget } from '../index.ts';

describeTarget('memory', async () => {
  const target = createMemoryTarget();
  return {
    target,
    text: async (ref) => target.text(ref),
    edit: async (ref, text) => target.edit(ref, text),
    close: async () => undefined,
  };
});
