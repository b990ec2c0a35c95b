import { openMemory } from '../../../test/contract/memory-under-test.ts';
import { describeTextTarget } from '../../../test/contract/text-target-contract.ts';

describeTextTarget('memory', async () => openMemory());
