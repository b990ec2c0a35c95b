import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };

/** Version of this program. */
export const version: string = manifest.version;

/** Adds the command to the program. */
export function addTo(program: Command): void {
  program
    .command('version')
    .description('print the version of sealift and of the Node.js it runs on')
    .action(() => {
      process.stdout.write(`sealift ${version} (node ${process.version})\n`);
    });
}
