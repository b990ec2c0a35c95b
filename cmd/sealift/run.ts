import { type Command, Option } from 'commander';
import { type AgentOptions, addAgentOptions, agentSettings } from './agent-options.ts';
import { composeAgent } from './compose-agent.ts';
import { type LogFormat, outputListener } from './output-listener.ts';
import { loadStillConfiguration, runOnce, runUntilStopped, tellLoaded } from './run-agent.ts';
import { collectWhenQuiet } from './spare-memory.ts';
import { stopSignal } from './stop-signal.ts';

interface RunOptions extends AgentOptions {
  readonly once?: boolean;
  readonly withdrawAll: boolean;
  readonly logFormat: LogFormat;
}

async function run(options: RunOptions): Promise<void> {
  const settings = await agentSettings(options);
  const once = options.once === true;
  const signal = stopSignal();
  const loaded = await loadStillConfiguration(options.config, { once }, signal);
  const { withdrawAll, logFormat } = options;
  const agent = await composeAgent({ ...settings, withdrawAll }, [
    outputListener(logFormat),
    collectWhenQuiet(),
  ]);
  try {
    tellLoaded(agent, loaded.desired);
    if (once) await runOnce(agent, loaded.desired, signal);
    else await runUntilStopped(options.config, agent, loaded, signal);
  } finally {
    await agent.close();
  }
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('run')
    .description('run the agent: poll, verify, build, apply, watch, report');
  addAgentOptions(command)
    .option('--once', 'converge and exit: 0, or the code of what failed')
    .option(
      '--withdraw-all',
      'let a configuration without any delivery take back everything that was delivered',
      false,
    )
    .addOption(
      new Option(
        '--log-format <format>',
        'lines for people (text), JSON for programs, or by who reads: text on a terminal',
      )
        .choices(['auto', 'json', 'text'])
        .default('auto'),
    )
    .action(run);
}
