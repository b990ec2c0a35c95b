import { Command, CommanderError } from 'commander';
import { addEventsCommand } from './events.ts';
import { reportFailure } from './failure.ts';
import { addHistoryCommand } from './history.ts';
import { addKeygenCommand } from './keygen.ts';
import { addPushCommand } from './push.ts';
import { addRunCommand } from './run.ts';
import { addStatusCommand } from './status.ts';
import { addVersionCommand, version } from './version.ts';

/** Exit code of bad usage, as of bad configuration. */
const badUsage = 2;

function createProgram(): Command {
  const program = new Command('sealift')
    .description('Delivers signed artifacts from container registries: verified, reconciled, watched.')
    .version(version)
    .exitOverride();
  const commands = [
    addRunCommand,
    addPushCommand,
    addKeygenCommand,
    addStatusCommand,
    addEventsCommand,
    addHistoryCommand,
    addVersionCommand,
  ];
  for (const add of commands) add(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

try {
  await createProgram().parseAsync(process.argv);
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : badUsage;
  else reportFailure(thrown);
}
