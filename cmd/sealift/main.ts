import { Command, CommanderError } from 'commander';
import { SealiftError } from '../../src/core/index.ts';
import { reportFailure } from './failure.ts';
import { spareMemory } from './spare-memory.ts';
import { version } from './version.ts';

/** Exit code of bad usage, as of bad configuration. */
const badUsage = 2;

interface CommandFile {
  addTo(program: Command): void;
}

/** A file per command, loaded when it is called: what `sealift status` does not use costs it nothing. */
const commands: Readonly<Record<string, () => Promise<CommandFile>>> = {
  run: () => {
    spareMemory();
    return import('./run.ts');
  },
  plan: () => import('./plan.ts'),
  push: () => import('./push.ts'),
  sign: () => import('./sign.ts'),
  attest: () => import('./attest.ts'),
  verify: () => import('./verify.ts'),
  build: () => import('./build.ts'),
  trust: () => import('./trust.ts'),
  serve: () => import('./serve.ts'),
  keygen: () => import('./keygen.ts'),
  floor: () => import('./floor.ts'),
  status: () => import('./status.ts'),
  events: () => import('./events.ts'),
  history: () => import('./history.ts'),
  version: () => import('./version.ts'),
};

/** Other names of commands. */
const aliases: Readonly<Record<string, string>> = { diff: 'plan' };

/** The program with the one command that was called; with all of them when help is wanted or nothing fits. */
async function createProgram(called: string | undefined): Promise<Command> {
  const program = new Command('sealift')
    .description('Delivers signed artifacts from container registries: verified, reconciled, watched.')
    .version(version)
    .exitOverride();
  const name = called !== undefined && Object.hasOwn(aliases, called) ? aliases[called] : called;
  const one = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
  for (const load of one === undefined ? Object.values(commands) : [one]) (await load()).addTo(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

// A reader that has gone (`| head`) ends no agent, and is no failure of a command that prints.
process.stdout.on('error', (failure: NodeJS.ErrnoException) => {
  if (failure.code !== 'EPIPE')
    reportFailure(new SealiftError('DISK_FAILED', 'stdout', failure.message, { cause: failure }));
});

/** What Node itself ends with when a promise at the top is never settled: nothing is left to do, and the work is not done. */
const unfinished = 13;

async function main(): Promise<void> {
  process.exitCode = unfinished;
  try {
    const program = await createProgram(process.argv[2]);
    await program.parseAsync(process.argv);
    if (process.exitCode === unfinished) process.exitCode = 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : badUsage;
    else reportFailure(thrown);
  }
}

// Not awaited: pieces that V8 keeps compiled are scripts, and those know no await at the top.
void main();
