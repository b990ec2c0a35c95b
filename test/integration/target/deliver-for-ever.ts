// Delivers one version after the other until it is killed; a conflict does not stop it: `node deliver-for-ever.ts DIRECTORY INVENTORY VERSION`.
import { argv, stdout } from 'node:process';
import { SealiftError } from '../../../src/core/index.ts';
import { createDirectoryTarget } from '../../../src/target/index.ts';
import { buildOf, deliver } from './versions.ts';

const [directory = '', inventoryFile = '', first = '0'] = argv.slice(2);
const target = createDirectoryTarget({ directory });
for (let version = Number(first); ; version += 1) {
  stdout.write(`${version}\n`);
  try {
    await deliver(target, inventoryFile, buildOf(version));
  } catch (failure) {
    if (!(failure instanceof SealiftError) || failure.code !== 'TARGET_CONFLICT') throw failure;
  }
}
