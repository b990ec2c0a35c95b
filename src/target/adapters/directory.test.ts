import { openDirectory } from '../../../test/contract/directory-under-test.ts';
import { describeTarget } from '../../../test/contract/target-contract.ts';

describeTarget('directory', openDirectory);
